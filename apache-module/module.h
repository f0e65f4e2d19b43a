#pragma once

// What the files of the module share: configuration, and a request's way through it.
#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "ap.h"
#include "scep-ra/ra.h"

namespace scep_ra::httpd {

struct Configuration;

// One RA of a configuration, whichever sections name its file. Loaded by the parent, started by
// each child; destroyed with the configuration, or by a child at its end.
struct LoadedRa {
  std::string file;
  std::unique_ptr<Ra> ra;
  Configuration* all = nullptr;
};

// Where `SCEPRA` stands: what it shows, and which part of a URL the section's pattern matches.
struct Face {
  Endpoint endpoint{};
  const char* pattern = nullptr;
  ap_regex_t* regex = nullptr;  // null: the pattern is a path, perhaps with wildcards
  const server_rec* server = nullptr;
  const LoadedRa* own = nullptr;  // named in the same section
  const ap_directive_t* directive = nullptr;
};

// Of a section; httpd merges those that apply to a request, and an absent part is inherited.
struct SectionConf {
  LoadedRa* ra = nullptr;
  Face* face = nullptr;
};

// All of a configuration, in its pool.
struct Configuration {
  std::vector<std::unique_ptr<LoadedRa>> ras;
  std::vector<const Face*> faces;
  std::vector<std::pair<const server_rec*, const char*>> sections;  // <Location>s with SCEPRAConfig
  std::atomic<std::size_t> running =
      0;  // calls of RAs, and connections under a single-threaded MPM
};

Configuration& configuration(const server_rec*);

inline const SectionConf& section_conf(const request_rec* r) {
  return *static_cast<SectionConf*>(ap_get_module_config(r->per_dir_config, &scep_ra_module));
}

// Counts a call while it runs: a child's end must not take away what it uses.
class Running {
 public:
  explicit Running(Configuration& all) : count_(all.running) { ++count_; }
  ~Running() { --count_; }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

 private:
  std::atomic<std::size_t>& count_;
};

// A request on its way, in the memory of its pool.
struct Job {
  Job() = default;
  // The body has been sent by now. A page with a password does not stay behind in free memory.
  ~Job() {
    if (face != nullptr && face->endpoint == Endpoint::admin)
      explicit_bzero(reply.body.data(), reply.body.size());
  }
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;

  const Face* face = nullptr;
  HttpRequest request;
  HttpReply reply;
};

// directives.cpp
extern const command_rec commands[];
void* create_section_conf(apr_pool_t*, char*);
void* merge_section_confs(apr_pool_t*, void* outer, void* inner);
// Whether every face has an RA and an admin face something that could prove a user; says why not.
int check_configuration(apr_pool_t*, apr_pool_t*, apr_pool_t*, server_rec*);

// request.cpp: hooks in the order in which httpd runs them. What shows no face is left alone.
// map_to_storage: no file, folder or .htaccess is looked for.
int keep_from_storage(request_rec*);
// auth_checker, which httpd calls when a login has been proved: keeps whose it was. r->user alone
// may come of a certificate that nobody has verified; see SSLUserName and `optional_no_ca`.
int keep_proved_user(request_rec*);
// type_checker: the end of the URL gives no type and no handler.
int claim(request_rec*);
int on_request(request_rec*);

// reply.cpp: sends exactly this reply. The body is not copied: the reply lives as long as the
// request.
int send_reply(request_rec*, const HttpReply&);
void copy_events(const request_rec*, const std::vector<Event>&);
void copy_events(const server_rec*, const std::vector<Event>&);
// 403 by httpd itself, kept by no cache; the log says why.
int forbid(request_rec*, const char* why);

// child.cpp: opens what each RA needs; a failure is logged, never fatal.
void start_child(apr_pool_t*, server_rec*);
// post_config: registers the housekeeping, once a minute in one of the children.
int plan_housekeeping(apr_pool_t*, apr_pool_t*, apr_pool_t*, server_rec*);
// pre_connection: under an MPM without threads a signal may end the child in the middle of
// anything.
int note_connection(conn_rec*, void*);

}  // namespace scep_ra::httpd
