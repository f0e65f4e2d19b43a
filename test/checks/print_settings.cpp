#include <iostream>

#include "settings/settings.h"

// The reference of settings as README must show it.
int main() {
  std::cout << scep_ra::settings::settings_reference_markdown();
}
