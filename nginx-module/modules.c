/* The three tables nginx asks of a dynamic module; its own build would generate this file. */
#include <ngx_config.h>
#include <ngx_core.h>

#define EXPORTED __attribute__((visibility("default")))

extern EXPORTED ngx_module_t ngx_http_scep_ra_module;

EXPORTED ngx_module_t* ngx_modules[] = {&ngx_http_scep_ra_module, NULL};
EXPORTED char* ngx_module_names[] = {"ngx_http_scep_ra_module", NULL};
EXPORTED char* ngx_module_order[] = {NULL};
