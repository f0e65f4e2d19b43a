#include "settings/setting_table.h"

#include <algorithm>
#include <array>

#include "settings/forms.h"

namespace scep_ra::settings {
namespace {

using S = Settings&;
using Names = const std::string_view[];

constexpr Names wires = {"rfc8894", "ndes"};
constexpr Names legacy_algorithms = {"3des", "sha1", "des", "md5"};
constexpr Names ca_kinds = {"local"};
constexpr Names other_ca_kinds = {"adcs-wstep", "adcs-rpc", "cmp",    "est",
                                  "step-ca",    "vault",    "command"};
constexpr Names challenge_kinds = {"one-time", "none"};
constexpr Names other_challenge_kinds = {"single", "webhook", "intune"};
constexpr Names key_algorithms = {"rsa", "ec"};
// Without keyCertSign and cRLSign: no template makes a device a CA.
constexpr Names key_usages = {"digitalSignature", "nonRepudiation", "keyEncipherment",
                              "dataEncipherment", "keyAgreement"};
constexpr Names name_kinds = {"dns", "ip", "email", "uri", "upn"};
constexpr Names other_name_kinds = {"sid"};
constexpr Names approvals = {"automatic", "manual"};

constexpr Form template_name = {"the name of a `[template.NAME]`", any_text};
constexpr Form key_file = {"", refuse_pkcs11};
constexpr Form crl_url = {"`http://...`", refuse_crl_url};
constexpr Form attribute = {"`CN`, `O`, `serialNumber`, ... or an OID", refuse_attribute};
constexpr Form policy = {
    "`clientAuth`, `serverAuth`, `codeSigning`, `emailProtection`, `ipsecIntermediate`, `ipsecIKE` "
    "or an OID",
    refuse_application_policy, 1};

constexpr std::uint64_t minute = 60;
constexpr std::uint64_t hour = minute * 60;
constexpr std::uint64_t day = hour * 24;
constexpr std::uint64_t year = 365 * day;

constexpr auto table = std::to_array<Setting>({
    {"ra.name", "", Form{"at most 64 characters", refuse_ra_name}, [](S s) { return &s.ra.name; },
     "name of this RA in events, metrics and pages; its rows in a shared state are kept apart by "
     "it"},
    {"ra.wire", R"("rfc8894")", OneOf{wires}, [](S s) { return &s.ra.wire; },
     "whom to follow on the wire where RFC 8894 and NDES differ; `ndes` imitates NDES"},
    {"ra.state", R"("sqlite:/var/lib/scep-ra/state.db")", Form{"`sqlite:PATH`", refuse_state},
     [](S s) { return &s.ra.state; },
     "where passwords, requests and certificates are kept; the workers own file and folder"},
    {"ra.run", R"("/run/scep-ra")", AnyValue{}, [](S s) { return &s.ra.run; },
     "folder of what the workers of this node share until it boots; theirs, made if need be"},
    {"ra.state_secret", R"({ file = "state-secret" })", AnyValue{},
     [](S s) { return &s.ra.state_secret; },
     "keys the stored passwords; made by `init`: a file of 64 hexadecimal digits or 32 octets that "
     "only its owner may read, or the digits themselves when nobody else may read this file"},
    {"ra.legacy", R"(["3des", "sha1"])", OneOf{legacy_algorithms}, [](S s) { return &s.ra.legacy; },
     "old algorithms that clients may use; `[]` is the hardened setting"},
    {"ra.blocked_keys", "[]", AnyValue{}, [](S s) { return &s.ra.blocked_keys; },
     "lists of keys that nobody may use; a line is the SHA-256 of a SubjectPublicKeyInfo, 64 "
     "hexadecimal digits, or one of Debian's lists of CVE-2008-0166, 20 digits"},
    {"ra.core_dumps", "false", AnyValue{}, [](S s) { return &s.ra.core_dumps; },
     "whether a worker that crashes may leave a core dump, with keys and passwords in it"},
    {"ra.signing.certificate", "", AnyValue{}, [](S s) { return &s.ra.signing.certificate; },
     "RA certificate that signs replies, PEM"},
    {"ra.signing.key", "", key_file, [](S s) { return &s.ra.signing.key; },
     "its private key, PEM; only its owner may read it"},
    {"ra.encryption.certificate", "", AnyValue{}, [](S s) { return &s.ra.encryption.certificate; },
     "RA certificate that requests are encrypted for, PEM; RSA; former ones of the same key behind "
     "it "
     "still open requests"},
    {"ra.encryption.key", "", key_file, [](S s) { return &s.ra.encryption.key; },
     "its private key, PEM; only its owner may read it"},

    {"ca.kind", R"("local")", OneOf{ca_kinds, 0, other_ca_kinds}, [](S s) { return &s.ca.kind; },
     "which CA issues; `local` is the embedded one"},
    {"ca.certificate", "", AnyValue{}, [](S s) { return &s.ca.certificate; },
     "certificate of the issuing CA, PEM"},
    {"ca.key", "", key_file, [](S s) { return &s.ca.key; },
     "its private key, PEM; only its owner may read it"},
    {"ca.chain", "[]", AnyValue{}, [](S s) { return &s.ca.chain; },
     "the CA certificates above it up to the root, PEM, the nearest first"},
    {"ca.get_ca_cert_chain", "false", AnyValue{}, [](S s) { return &s.ca.get_ca_cert_chain; },
     "whether GetCACertChain is answered, which some old clients ask"},
    {"ca.crl_file", no_value, AnyValue{}, [](S s) { return &s.ca.crl_file; },
     "where the newest CRL is written, DER, for the web server to serve; the workers own its "
     "folder; `{key}` in the name stands for the key identifier of the CA"},
    {"ca.crl_url", no_value, crl_url, [](S s) { return &s.ca.crl_url; },
     "where devices fetch it: the CRL distribution point of every certificate issued; `{key}` as "
     "in `ca.crl_file`, so that a successor's CRL has a place of its own"},
    {"ca.crl_validity", R"("7d")", Range{hour, year}, [](S s) { return &s.ca.crl_validity; },
     "life of a CRL, which is renewed after half of it and at each revocation"},
    {"ca.former", "[]", AnyValue{}, [](S s) { return &s.ca.former; },
     "certificates of former issuing CAs; the key of one in a file of the same name that ends in "
     "`.key` still signs its CRL"},
    {"ca.next_certificate", no_value, AnyValue{}, [](S s) { return &s.ca.next_certificate; },
     "certificate of the CA's successor, PEM, what is above it and its RA certificates behind it; "
     "GetNextCACert announces it; see `scep-ra ca rollover`"},
    {"ca.next_key", no_value, key_file, [](S s) { return &s.ca.next_key; },
     "its private key, PEM; only its owner may read it"},
    {"challenge.kind", R"("one-time")", OneOf{challenge_kinds, 0, other_challenge_kinds},
     [](S s) { return &s.challenge.kind; },
     "what authorises a first request; `none` lets everybody enrol and is logged at start"},
    {"challenge.validity", R"("60m")", Range{1, year}, [](S s) { return &s.challenge.validity; },
     "how long an unused one-time password stays valid"},
    {"challenge.maximum", "5", Range{0, 10'000'000}, [](S s) { return &s.challenge.maximum; },
     "how many unused passwords there may be at a time; 0: any number"},
    {"challenge.length", "8", Range{4, 64}, [](S s) { return &s.challenge.length; },
     "octets of a password, which is twice as many upper-case hexadecimal digits"},

    {"templates.signature", "", template_name, [](S s) { return &s.templates.signature; },
     "template of requests for digitalSignature only"},
    {"templates.encryption", "", template_name, [](S s) { return &s.templates.encryption; },
     "template of requests for keyEncipherment only"},
    {"templates.general_purpose", "", template_name,
     [](S s) { return &s.templates.general_purpose; },
     "template of requests for both, or without a key usage"},

    {"template.*.validity", R"("1y")", Range{minute, 30 * year},
     [](S s) { return &s.template_list.back().validity; }, "life of a certificate"},
    {"template.*.renewal_period", R"("6w")", Range{0, 30 * year},
     [](S s) { return &s.template_list.back().renewal_period; },
     "last part of a certificate's life, in which it authorises its own renewal; `0s`: never"},
    {"template.*.renewals", "3", Range{0, 1000},
     [](S s) { return &s.template_list.back().renewals; },
     "how many requests one certificate may authorise: a device that lost the answer comes back "
     "with a new key"},
    {"template.*.minimum_key_size", "2048", Range{1024, 4096},
     [](S s) { return &s.template_list.back().minimum_key_size; },
     "bits an RSA key must have; EC is P-256, P-384 or P-521"},
    {"template.*.key_algorithms", R"(["rsa", "ec"])", OneOf{key_algorithms, 1},
     [](S s) { return &s.template_list.back().key_algorithms; }, "keys a device may have"},
    {"template.*.key_usage", R"(["digitalSignature", "keyEncipherment"])", OneOf{key_usages, 1},
     [](S s) { return &s.template_list.back().key_usage; }, "key usage of the certificate"},
    {"template.*.application_policies", R"(["clientAuth", "serverAuth"])", policy,
     [](S s) { return &s.template_list.back().application_policies; },
     "extended key usage of the certificate"},
    {"template.*.subject.required", R"(["CN"])", attribute,
     [](S s) { return &s.template_list.back().subject_required; },
     "attributes a subject must have"},
    {"template.*.subject.allowed",
     R"(["C", "O", "OU", "CN", "serialNumber", "unstructuredName", "unstructuredAddress"])",
     attribute, [](S s) { return &s.template_list.back().subject_allowed; },
     "attributes a subject may have"},
    {"template.*.subject.pattern", "{}", attribute,
     [](S s) { return &s.template_list.back().subject_pattern; },
     "by attribute a regular expression (ECMAScript) that is searched in each of its values"},
    {"template.*.subject_alternative_names.allowed", R"(["dns", "ip"])",
     OneOf{name_kinds, 0, other_name_kinds},
     [](S s) { return &s.template_list.back().alternative_names_allowed; },
     "kinds of alternative names a device may ask for"},
    {"template.*.subject_alternative_names.maximum", "8", Range{0, 64},
     [](S s) { return &s.template_list.back().alternative_names_maximum; },
     "how many alternative names a request may have"},
    {"template.*.subject_alternative_names.pattern", "{}", OneOf{name_kinds, 0, other_name_kinds},
     [](S s) { return &s.template_list.back().alternative_names_pattern; },
     "by kind a regular expression (ECMAScript) that is searched in each of its names"},
    {"template.*.approval", R"("automatic")", OneOf{approvals},
     [](S s) { return &s.template_list.back().approval; },
     "`manual`: requests wait until `scep-ra request approve`"},

    {"admin.users", "[]", Form{"names as the server reports them, or `*`", any_text},
     [](S s) { return &s.admin.users; },
     "who may obtain passwords, compared exactly; `*`: whoever the server let in"},
    {"admin.require_tls", "true", AnyValue{}, [](S s) { return &s.admin.require_tls; },
     "whether the admin face answers over TLS only"},
    {"admin.trusted_proxies", "[]", Form{"IP addresses", refuse_address},
     [](S s) { return &s.admin.trusted_proxies; },
     "TCP peers whose `X-Forwarded-Proto: https` counts as TLS"},

    {"events.sinks", R"(["syslog", "file:/var/log/scep-ra/events.jsonl"])",
     Form{"`syslog`, `syslog:PATH` (a datagram socket) or `file:PATH`", refuse_sink},
     [](S s) { return &s.events.sinks; }, "where events go besides the state"},

    {"limits.message", R"("128k")", Range{4096, std::uint64_t{1024} * 1024},
     [](S s) { return &s.limits.message; }, "size of a request, in octets or with `k` or `m`"},
    {"limits.in_flight", "1024", Range{1, 65536}, [](S s) { return &s.limits.in_flight; },
     "requests of a process in flight, those that wait for a thread included; beyond it 503 and "
     "Retry-After"},
    {"limits.wrong_passwords", "100", Range{1, 1'000'000},
     [](S s) { return &s.limits.wrong_passwords; },
     "wrong passwords of a source (IPv6: its /64) in ten minutes, then 429 and Retry-After"},
    {"limits.pending", "1000", Range{1, 1'000'000}, [](S s) { return &s.limits.pending; },
     "requests that may wait for approval at a time"},
    {"limits.pending_of_source", "100", Range{1, 1'000'000},
     [](S s) { return &s.limits.pending_of_source; }, "how many of them from one address"},
    {"limits.pending_life", R"("30d")", Range{60, 10 * year},
     [](S s) { return &s.limits.pending_life; },
     "how long a request waits for approval before it counts as denied"},
});

// A check that does not suit its type would never be asked.
constexpr bool suits(const Setting& row) {
  const bool counted = std::holds_alternative<std::uint32_t* (*)(S)>(row.field) ||
                       std::holds_alternative<std::uint64_t* (*)(S)>(row.field) ||
                       std::holds_alternative<Seconds* (*)(S)>(row.field);
  const bool worded = std::holds_alternative<std::string* (*)(S)>(row.field) ||
                      std::holds_alternative<Words* (*)(S)>(row.field) ||
                      std::holds_alternative<Patterns* (*)(S)>(row.field);
  const bool form = std::holds_alternative<Form>(row.check);
  if (counted) return std::holds_alternative<Range>(row.check);
  if (worded) return form || std::holds_alternative<OneOf>(row.check);
  return std::holds_alternative<AnyValue>(row.check) ||
         (form && std::holds_alternative<Path* (*)(S)>(row.field));
}
static_assert(std::ranges::all_of(table, suits));

}  // namespace

std::span<const Setting> setting_table() noexcept {
  return table;
}

}  // namespace scep_ra::settings
