// The message makers of the room below, which a program of this room is not linked with.
#include "scep/make_der.cpp"
#include "scep/make_envelope.cpp"
#include "scep/make_message.cpp"
#include "scep/make_ra.cpp"
