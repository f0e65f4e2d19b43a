#pragma once

#include "web/router.h"

namespace scep_ra::web {

// The face that hands out passwords, to a user whom the server's authentication has proved and who
// is in `admin.users`, over TLS. GET and POST mint one: bare or as `mscep.dll` for NDES's page,
// with `operation=NDESGenerateChallenge` for the password as text. `NDESGetCACertThumbprint` gives
// the page's thumbprint as text. A body is never read: a form's `operation` field changes nothing
// (ndes-behaviour 4). SCEP operations in the URL are served as on the enrol face, to any proved
// user.
//
// NDES tells "cache full" and "no permission" with status 200 on its page; where the answer is
// text, which a program would take for a password, they are 503 and 403. A kind of challenge that
// hands out no passwords is 404.
HttpReply admin_answer(const Site&, const HttpRequest&);

}  // namespace scep_ra::web
