#include <nlohmann/json.hpp>

#include "asn1/name.h"
#include "base/hex.h"
#include "base/percent.h"
#include "base/text.h"
#include "crypto/csr.h"
#include "events/event_catalogue.h"
#include "policy/name_rules.h"
#include "support/fixed_ra.h"
#include "support/must.h"

// Subjects and alternative names: reading, comparing, matching, showing. The first octet says as
// what the rest is read. What is escaped can be unescaped to the same, is UTF-8 and one line;
// equality is symmetric; values are as OpenSSL reads them, over their full length.
namespace {

using namespace scep_ra;
using namespace scep_ra::fuzz;

std::string unescaped(std::string_view line) {
  std::string text;
  for (std::size_t at = 0; at < line.size(); ++at) {
    if (line[at] != '\\') {
      text.push_back(line[at]);
      continue;
    }
    must(at + 1 < line.size(), "an escape is whole");
    if (line[at + 1] == '\\') {
      text.push_back(line[++at]);
      continue;
    }
    const auto octet = hex_decode(line.substr(at + 2, 2));
    must(line[at + 1] == 'x' && octet, "an escape is \\\\ or \\xNN");
    text += to_string(*octet);
    at += 3;
  }
  return text;
}

std::string html_unescaped(std::string html) {
  for (const auto& [entity, letter] :
       {std::pair("&lt;", "<"), {"&gt;", ">"}, {"&quot;", "\""}, {"&#39;", "'"}, {"&amp;", "&"}})
    for (auto at = html.find(entity); at != html.npos; at = html.find(entity, at + 1))
      html.replace(at, std::string_view(entity).size(), letter);
  return html;
}

bool is_one_line(std::string_view text) {
  return std::ranges::none_of(text, [](char letter) {
    const auto octet = static_cast<unsigned char>(letter);
    return octet < 0x20 || octet == 0x7f;
  });
}

void judge_event(const std::string& subject) {
  events::EventRecord record;
  record.subject = subject;
  record.transaction_id = subject;
  record.detail = subject;
  record.sans = {"dns:" + subject};
  const std::string json = events::to_json(record);
  must(is_one_line(json) && is_valid_utf8(json), "an event is one line of UTF-8");
  const auto parsed = nlohmann::json::parse(json, nullptr, false);
  must(!parsed.is_discarded(), "an event is JSON");
  const auto shown = parsed.at("detail");
  if (!subject.empty())
    must(shown == subject || unescaped(shown.get<std::string>()) == subject,
         "an event's text is what was told");
  const Event line = events::for_server_log(record);
  must(is_one_line(line.text) && is_valid_utf8(line.text), "a log's line is one line of UTF-8");
}

void judge_text(std::string_view text) {
  const std::string line = escaped(text);
  must(is_valid_utf8(line) && is_one_line(line), "escaped text is one line of UTF-8");
  must(unescaped(line) == text, "escape then unescape is identity");
  must(html_unescaped(html_escaped(text)) == text, "HTML escaping is reversible");
  must(html_escaped(text).find_first_of("<>\"'") == std::string::npos, "no markup is left");
  const auto decoded = percent_decode(percent_encode(text));
  must(text.contains('\0') || decoded == text, "percent-encoding is reversible");
  judge_event(std::string(text));
}

bool survives_text(const asn1::Name& name) {
  return std::ranges::all_of(name, [](const asn1::NameAttribute& attribute) {
    const std::string& value = attribute.value;
    return !value.empty() && value.front() != ' ' && value.back() != ' ';
  });
}

// Name to text and back: the same types and values in the same places.
void judge_name_text(const asn1::Name& name) {
  const std::string text = asn1::name_text(name);
  judge_text(text);
  if (name.empty() || !survives_text(name)) return;
  const auto again = asn1::name_from_text(text);
  if (!again) return;  // a character that the usual type of its attribute has not
  asn1::Fault fault;
  asn1::Reader reader(*again, fault);
  const asn1::Name read = asn1::read_name(reader);
  if (fault) return;
  must(read.size() == name.size(), "as many attributes after a round by text");
  for (std::size_t at = 0; at < name.size(); ++at) {
    // A set is sorted: in an RDN of several the order is not ours to keep.
    const bool alone = std::ranges::count(name, name[at].rdn, &asn1::NameAttribute::rdn) == 1;
    if (alone)
      must(read[at].value == name[at].value && read[at].type == name[at].type,
           "the same attribute after a round by text");
  }
}

void judge_against_openssl(const asn1::Name& name, Bytes der) {
  const test::NamePtr other(test::object_of<X509_NAME>(der, d2i_X509_NAME, X509_NAME_free));
  if (!other) return;
  must(X509_NAME_entry_count(other.get()) == static_cast<int>(name.size()),
       "OpenSSL counts as many attributes");
  for (int at = 0; at < X509_NAME_entry_count(other.get()); ++at) {
    unsigned char* utf8 = nullptr;
    const int size =
        ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(other.get(), at)));
    const test::Octets owner(utf8);
    ERR_clear_error();
    if (size < 0) continue;
    must(name[static_cast<std::size_t>(at)].value ==
             to_string(Bytes(utf8, static_cast<std::size_t>(size))),
         "OpenSSL reads the same value");
  }
}

asn1::Name name_of(Bytes der, bool& readable) {
  asn1::Fault fault;
  asn1::Reader reader(der, fault);
  asn1::Name name = asn1::read_name(reader);
  reader.end();
  readable = !fault;
  return readable ? name : asn1::Name{};
}

// Two Names, the second behind the first.
void judge_names(Bytes input) {
  asn1::Fault fault;
  asn1::Reader elements(input, fault);
  const Bytes first = elements.any().whole;
  const Bytes second = elements.any().whole;
  bool readable = false;
  const asn1::Name one = name_of(first, readable);
  if (readable) {
    judge_name_text(one);
    judge_against_openssl(one, first);
    must(asn1::same_name(one, one), "a name is the same as itself");
    static_cast<void>(
        policy::judge_subject(one, device_templates().templates.at("Device").subject));
  }
  if (fault || !readable) return;
  const asn1::Name other = name_of(second, readable);
  if (!readable) return;
  must(asn1::same_name(one, other) == asn1::same_name(other, one), "equality is symmetric");
  if (asn1::same_name(one, other))
    must(asn1::name_text(one) == asn1::name_text(other), "the same names look the same");
  asn1::Name longer = one;
  longer.push_back({asn1::oid::common_name, "", asn1::tag::utf8_string, one.size()});
  must(!asn1::same_name(one, longer), "a longer name is another");
}

const policy::AlternativeNameRules& all_names() {
  static const policy::AlternativeNameRules rules = [] {
    using Kind = crypto::GeneralName::Kind;
    policy::AlternativeNameRules made;
    made.allowed = {Kind::dns, Kind::ip, Kind::email, Kind::uri, Kind::upn};
    made.maximum = 64;
    made.pattern.emplace_back(Kind::dns,
                              policy::Pattern::compile("^[a-z0-9-]+(\\.[a-z0-9-]+)*$").value());
    made.pattern.emplace_back(Kind::email, policy::Pattern::compile("@example\\.test$").value());
    return made;
  }();
  return rules;
}

std::string openssl_text(const GENERAL_NAME* name) {
  const ASN1_IA5STRING* text = name->d.ia5;
  return to_string(
      Bytes(ASN1_STRING_get0_data(text), static_cast<std::size_t>(ASN1_STRING_length(text))));
}

void judge_alternative_names(Bytes value) {
  const auto names = crypto::read_general_names(value);
  const crypto::Extension extension{asn1::oid::subject_alternative_name, false, value};
  const Status allowed = policy::judge_alternative_names(extension, all_names());
  if (!names) {
    must(!allowed, "what cannot be read is refused");
    return;
  }
  using Kind = crypto::GeneralName::Kind;
  for (const auto& name : *names) {
    judge_text(name.value);
    if (name.kind == Kind::other) must(!allowed, "a kind that no template names is refused");
    if (allowed) must(is_one_line(name.value), "no control character in an allowed name");
  }
  const std::unique_ptr<GENERAL_NAMES, test::Release<GENERAL_NAMES_free>> other(
      test::object_of<GENERAL_NAMES>(value, d2i_GENERAL_NAMES, GENERAL_NAMES_free));
  if (!other) return;
  must(sk_GENERAL_NAME_num(other.get()) == static_cast<int>(names->size()),
       "OpenSSL counts as many names");
  for (int at = 0; at < sk_GENERAL_NAME_num(other.get()); ++at) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(other.get(), at);
    const crypto::GeneralName& read = (*names)[static_cast<std::size_t>(at)];
    must((name->type == GEN_DNS) == (read.kind == Kind::dns), "OpenSSL sees the same kind");
    if (name->type == GEN_DNS || name->type == GEN_EMAIL || name->type == GEN_URI)
      must(openssl_text(name) == read.value, "OpenSSL reads the same name");
  }
}

void judge_text_as_name(std::string_view text) {
  const auto der = asn1::name_from_text(text);
  if (!der) return;
  asn1::Fault fault;
  asn1::Reader reader(*der, fault);
  const asn1::Name name = asn1::read_name(reader);
  if (!fault) judge_name_text(name);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Bytes rest = Bytes(data, size).subspan(1);
  switch (data[0] % 4) {
    case 0:
      judge_text(as_text(rest));
      break;
    case 1:
      judge_names(rest);
      break;
    case 2:
      judge_alternative_names(rest);
      break;
    default:
      judge_text_as_name(as_text(rest));
  }
  return 0;
}
