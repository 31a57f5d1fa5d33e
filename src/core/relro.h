/*
 * What relocation writes at start (pointers in constant tables) is read-only
 * afterwards. A C library's dynamic linker does that; in a static program musl
 * leaves it to nobody, so main() asks for it first of all.
 */
#ifndef TINY_CORE_RELRO_H
#define TINY_CORE_RELRO_H

/* 0, or -1 with errno when the kernel refused. */
int relro_protect(void);

#endif
