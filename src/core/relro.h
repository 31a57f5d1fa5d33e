/*
 * Pointers in constant tables are relocated at start, as the program lies
 * anywhere, and read-only afterwards. A dynamic linker does both; a static
 * program of musl's has none, so the second is asked for first of all in main(),
 * and part of the first is done here, too, before main().
 */
#ifndef TINY_CORE_RELRO_H
#define TINY_CORE_RELRO_H

/* 0, or -1 with errno when the kernel refused. */
int relro_protect(void);

#endif
