#include "events/event_sink.h"

#include "events/file_sink.h"
#include "events/syslog_sink.h"

namespace scep_ra::events {

Result<std::unique_ptr<EventSink>> make_event_sink(const std::string& setting) {
  const auto colon = setting.find(':');
  const std::string kind = setting.substr(0, colon);
  const std::string path = colon == setting.npos ? "" : setting.substr(colon + 1);
  if (setting == "syslog") return std::make_unique<SyslogSink>("/dev/log");
  // A web server's working folder is no place to be relative to.
  const bool absolute = path.starts_with('/') && !path.contains('\0');
  if (absolute && kind == "syslog") return std::make_unique<SyslogSink>(path);
  if (absolute && kind == "file") return std::make_unique<FileSink>(path);
  return fail(Errc::config, Reason::configuration_invalid,
              "an event sink is \"syslog\", \"syslog:/PATH\" or \"file:/PATH\"");
}

}  // namespace scep_ra::events
