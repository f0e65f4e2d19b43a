#include "policy/renewal_rules.h"

#include <algorithm>

#include "asn1/reader.h"
#include "base/text.h"

namespace scep_ra::policy {
namespace {

namespace oid = asn1::oid;

std::unexpected<Error> refuse(Reason reason, std::string detail) {
  return fail(Errc::denied, reason, std::move(detail));
}

Status judge_time(const crypto::Certificate& former, const Template& chosen, Time now) {
  if (now < former.not_before())
    return refuse(Reason::renewal_not_allowed,
                  "the certificate is valid from " + rfc3339(former.not_before()) + " on");
  if (now >= former.not_after())
    return refuse(Reason::certificate_expired,
                  "the certificate has expired " + rfc3339(former.not_after()));
  const Time begin = former.not_after() - chosen.renewal_period;
  if (now < begin) return refuse(Reason::renewal_too_early, "renewal begins " + rfc3339(begin));
  return {};
}

// Without the extension a key may do anything (RFC 5280, 4.2.1.3).
Status judge_usage(const crypto::Certificate& former) {
  if (!former.extension(oid::key_usage)) return {};
  if (former.key_usage().value_or(0) & crypto::digital_signature) return {};
  return refuse(Reason::renewal_not_allowed, "the certificate is not for digitalSignature");
}

Status judge_subject(const crypto::Certificate& former, const crypto::Csr& csr) {
  asn1::Fault fault;
  asn1::Reader reader(former.subject(), fault);
  const asn1::Name subject = asn1::read_name(reader);
  if (!fault && asn1::same_name(subject, csr.subject_name())) return {};
  return refuse(Reason::renewal_name_changed, "subject: the certificate has " +
                                                  former.subject_text() + ", the request " +
                                                  asn1::name_text(csr.subject_name()));
}

std::optional<std::vector<crypto::GeneralName>> names_of(const crypto::Extension* extension) {
  if (!extension) return std::vector<crypto::GeneralName>{};
  return crypto::read_general_names(extension->value);
}

// What we cannot read we cannot compare, unless it is the same octets.
bool comparable(const std::vector<crypto::GeneralName>& names) {
  return std::ranges::none_of(names, [](const crypto::GeneralName& name) {
    return name.kind == crypto::GeneralName::Kind::other;
  });
}

Status judge_alternative_names(const crypto::Certificate& former, const crypto::Csr& csr) {
  const crypto::Extension* had = former.extension(oid::subject_alternative_name);
  const crypto::Extension* asked = csr.extension(oid::subject_alternative_name);
  if (had && asked && equal(had->value, asked->value)) return {};
  const auto had_names = names_of(had);
  const auto asked_names = names_of(asked);
  const auto same = [](const crypto::GeneralName& a, const crypto::GeneralName& b) {
    return a.kind == b.kind && a.value == b.value;
  };
  if (had_names && asked_names && comparable(*had_names) &&
      std::ranges::equal(*had_names, *asked_names, same))
    return {};
  return refuse(Reason::renewal_name_changed,
                "subjectAltName: the request's are not those of the certificate");
}

}  // namespace

Result<Authorisation> judge_renewal(const crypto::Certificate& former, const crypto::Csr& csr,
                                    const Template& chosen, Time now) {
  if (chosen.renewal_period == Seconds{0} || chosen.renewals == 0)
    return refuse(Reason::renewal_not_allowed, "the template does not offer renewal");
  if (Status judged = judge_time(former, chosen, now); !judged)
    return std::unexpected(std::move(judged).error());
  if (Status judged = judge_usage(former); !judged)
    return std::unexpected(std::move(judged).error());
  if (Status judged = judge_subject(former, csr); !judged)
    return std::unexpected(std::move(judged).error());
  if (Status judged = judge_alternative_names(former, csr); !judged)
    return std::unexpected(std::move(judged).error());
  return Authorisation::by_certificate(former.serial_text());
}

}  // namespace scep_ra::policy
