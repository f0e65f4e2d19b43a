// What happens in a child: its start, housekeeping, and its end.
#include "module.h"

namespace scep_ra::httpd {
namespace {

constexpr int interval = 60;  // seconds

bool is_threaded() {
  int threaded = AP_MPMQ_NOT_SUPPORTED;
  return ap_mpm_query(AP_MPMQ_IS_THREADED, &threaded) == APR_SUCCESS &&
         threaded != AP_MPMQ_NOT_SUPPORTED;
}

void start(LoadedRa& loaded, const server_rec* server) {
  if (const Status started = loaded.ra->start(); !started)
    ap_log_error(APLOG_MARK, APLOG_ERR, 0, server, "scep_ra: %s", started.error().detail.c_str());
  copy_events(server, loaded.ra->take_events());
}

// httpd has joined the child's threads, unless something went wrong; without threads this is the
// one that has called the RAs, perhaps in a signal handler. What still runs keeps what it uses: the
// process ends in a moment.
apr_status_t end_child(void* data) {
  auto& all = *static_cast<Configuration*>(data);
  if (all.running != 0) return APR_SUCCESS;
  Ra::end_thread();
  all.ras.clear();
  return APR_SUCCESS;
}

apr_status_t on_watchdog(int state, void* data, apr_pool_t* /*unused*/) {
  if (state != AP_WATCHDOG_STATE_RUNNING) return APR_SUCCESS;
  return guarded<apr_status_t>(APR_EGENERAL, [data]() -> apr_status_t {
    const auto* server = static_cast<const server_rec*>(data);
    Configuration& all = configuration(server);
    const Running running(all);
    for (const auto& loaded : all.ras) {
      loaded->ra->maintain();
      copy_events(server, loaded->ra->take_events());
    }
    Ra::end_thread();  // the child's end does not wait for the watchdog's
    return APR_SUCCESS;
  });
}

apr_status_t end_connection(void* data) {
  --static_cast<Configuration*>(data)->running;
  return APR_SUCCESS;
}

}  // namespace

void start_child(apr_pool_t* child, server_rec* server) {
  guarded(false, [&] {
    Configuration& all = configuration(server);
    for (const auto& loaded : all.ras) guarded(false, [&] { return start(*loaded, server), true; });
    apr_pool_cleanup_register(child, &all, end_child, apr_pool_cleanup_null);
    return true;
  });
}

int plan_housekeeping(apr_pool_t* pool, apr_pool_t* /*unused*/, apr_pool_t* /*unused*/,
                      server_rec* server) {
  if (ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG) return OK;
  return guarded(HTTP_INTERNAL_SERVER_ERROR, [&] {
    if (configuration(server).ras.empty()) return OK;
    const auto get = APR_RETRIEVE_OPTIONAL_FN(ap_watchdog_get_instance);
    const auto add = APR_RETRIEVE_OPTIONAL_FN(ap_watchdog_register_callback);
    ap_watchdog_t* watchdog = nullptr;
    constexpr int in_children = 0;
    constexpr int in_one_of_them = 1;
    if (get == nullptr || add == nullptr ||
        get(&watchdog, "_scep_ra_", in_children, in_one_of_them, pool) != APR_SUCCESS ||
        add(watchdog, apr_time_from_sec(interval), server, on_watchdog) != APR_SUCCESS) {
      ap_log_error(APLOG_MARK, APLOG_CRIT, 0, server,
                   "scep_ra: housekeeping needs mod_watchdog, which is not loaded");
      return HTTP_INTERNAL_SERVER_ERROR;
    }
    return OK;
  });
}

int note_connection(conn_rec* connection, void* /*unused*/) {
  if (is_threaded() || connection->master != nullptr) return OK;
  return guarded(DECLINED, [connection] {
    Configuration& all = configuration(connection->base_server);
    ++all.running;
    apr_pool_cleanup_register(connection->pool, &all, end_connection, apr_pool_cleanup_null);
    return OK;
  });
}

}  // namespace scep_ra::httpd
