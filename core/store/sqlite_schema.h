#pragma once

#include "scep-ra/error.h"

namespace scep_ra::store {

class SqliteConnection;

// Brings a database to the schema of this program, in one transaction, whoever else does so at the
// same moment. A newer schema than this program knows is Errc::unavailable: it is left alone.
Status migrate(SqliteConnection&);

}  // namespace scep_ra::store
