#pragma once

#include "enrol/exchange.h"

namespace scep_ra::enrol {

// GetCert and GetCRL (RFC 8894, 3.3.4): the certificate that IssuerAndSerialNumber names, or the
// CRL of its issuer, to whoever asks, enveloped to the signer. Only for a certificate that this RA
// has issued (scep-requirements P14): a captured envelope of another kind, cut to the shape of a
// query, must not be answered otherwise than one that does not decrypt (threats-and-tests C7), so
// whatever names none is badCertId after the same time.
Outcome answer_get_cert(Exchange&, const scep::PkiMessage&);
Outcome answer_get_crl(Exchange&, const scep::PkiMessage&);

}  // namespace scep_ra::enrol
