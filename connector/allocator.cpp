/// jemalloc reads its settings here at start. One arena: two threads allocate, and rarely at the
/// same time. Memory freed after a burst goes back to the system within a second.
extern "C" {
extern char const* malloc_conf;
char const* malloc_conf = "narenas:1,tcache_max:4096,dirty_decay_ms:1000,muzzy_decay_ms:0";
}
