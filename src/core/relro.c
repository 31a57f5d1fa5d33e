#include "core/relro.h"

#include <elf.h>
#include <link.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/auxv.h>
#include <sys/mman.h>

/* The file's first bytes, where they are mapped: the linker makes the name. */
extern const char __ehdr_start[] __attribute__((visibility("hidden")));

int relro_protect(void)
{
    const ElfW(Ehdr) *header = (const void *)__ehdr_start;
    const ElfW(Phdr) *part = (const void *)(__ehdr_start + header->e_phoff);
    uintptr_t page = getauxval(AT_PAGESZ);
    uintptr_t base = 0; /* what to add to the addresses in the file */

    for (size_t i = 0; i < header->e_phnum; i++) {
        if (part[i].p_type == PT_LOAD && part[i].p_offset == 0) {
            base = (uintptr_t)__ehdr_start - part[i].p_vaddr;
        }
        if (part[i].p_type == PT_GNU_RELRO) {
            uintptr_t begin = (base + part[i].p_vaddr) & ~(page - 1);
            uintptr_t end = (base + part[i].p_vaddr + part[i].p_memsz) & ~(page - 1);

            return end > begin ? mprotect((char *)begin, end - begin, PROT_READ) : 0;
        }
    }
    return 0;
}

#ifdef TINY_RELR
/*
 * A pointer in a constant table takes 24 bytes of .rela.dyn; in .relr.dyn, a
 * list of places, it takes a bit: first an address, which is one place and
 * the start of what follows, then, told by their lowest bit, masks of which of
 * the next 63 words are places too. musl reads that list since 1.2.4, Debian's
 * is older; its start-up code itself needs none of the pointers and calls
 * _init() before everything else.
 */
extern const uintptr_t relr_begin[], relr_end[];

/* Tells whether somebody has been here before us. */
static const void *const volatile probe = __ehdr_start;

void _init(void);
void _init(void)
{
    const uintptr_t base = (uintptr_t)__ehdr_start; /* the file is linked for 0 */
    const unsigned bits = 8 * sizeof(uintptr_t) - 1;
    uintptr_t *next = NULL;

    if (probe == __ehdr_start) {
        return;
    }
    for (const uintptr_t *entry = relr_begin; entry < relr_end; entry++) {
        uintptr_t mask = *entry >> 1;

        if ((*entry & 1) == 0) {
            next = (uintptr_t *)(base + *entry);
            *next++ += base;
            continue;
        }
        for (unsigned i = 0; mask != 0; i++, mask >>= 1) {
            next[i] += (mask & 1) != 0 ? base : 0;
        }
        next += bits;
    }
}
#endif
