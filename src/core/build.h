/*
 * What this build has. TINY_STANDIN: what only a stand-in for openssl s_server
 * needs, for whoever debugs, sits at a terminal, tests old clients or makes odd keys.
 * The small build (`make small`) is made with 0: what `if (TINY_STANDIN && ...)`
 * guards is then never called, the linker drops it, and the options that would ask
 * for it (STANDIN_OPTION in config/option_rows.h) are refused with a sentence. It is
 * always defined, so that both branches are compiled in every build. A function that
 * only tells it is `inline`: the release inlines no other for their smallness.
 */
#ifndef TINY_CORE_BUILD_H
#define TINY_CORE_BUILD_H

#ifndef TINY_STANDIN
#define TINY_STANDIN 1
#endif

#endif
