#include "support/fixed_ra.h"
#include "support/must.h"
#include "support/oracle.h"
#include "support/private_operations.h"

// Octets through the whole of a request, to a CA that remembers. The CA is asked only where OpenSSL
// agrees that it may be, for the very octets that OpenSSL found in the envelope; a refusal spends
// no password; every answer verifies.
namespace {

using namespace scep_ra;
using namespace scep_ra::fuzz;

void judge_issue(FixedRa& ra, Bytes message, const enrol::Outcome& outcome) {
  const auto authorised = authorised_csr(message, ra.password);
  must(authorised.has_value(), "the CA is asked only for whom OpenSSL finds authorised");
  must(ra.ca.asked.size() == 1 && ra.ca.asked.front() == *authorised,
       "what was judged is what is sent");
  must(outcome.cert_rep.has_value(), "what was issued is delivered");
  must(ra.store.outstanding_passwords().value().empty(), "its password is spent");
  const auto reply = judged_reply(*outcome.cert_rep, device().party, ra.password);
  must(reply && reply->status == "0" && reply->certificates.size() == 2,
       "the reply opens to two certificates");
  const test::RequestPtr request = verified_request(*authorised);
  must(X509_check_private_key(reply->certificates[0].get(), X509_REQ_get0_pubkey(request.get())) ==
           1,
       "the certificate is for the key of the CSR");
}

void judge_refusal(FixedRa& ra, const enrol::Outcome& outcome) {
  must(ra.store.outstanding_passwords().value().size() == 1, "a refusal spends no password");
  must(ra.told.size() == 1 && outcome.events.size() == 1, "a refusal is one event");
  must(nlohmann::json::accept(ra.told.front()) && !ra.told.front().contains('\n'),
       "an event is one line of JSON");
  must(!ra.told.front().contains(ra.password), "no event holds a password");
  if (!outcome.cert_rep) return;
  const auto reply = judged_reply(*outcome.cert_rep, device().party);
  must(reply && reply->status == "2" && !reply->fail_info.empty(), "a refusal verifies");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes message(data, size);
  FixedRa ra;
  private_operations();
  const enrol::Outcome outcome = ra.answer(message);
  must(private_operations() <= 1, "one private-key operation a message at most");
  if (!ra.ca.asked.empty())
    judge_issue(ra, message, outcome);
  else
    judge_refusal(ra, outcome);
  return 0;
}
