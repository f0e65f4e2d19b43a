#include "scep-ra/ra.h"  // the rooms are linked in; nothing is written here
