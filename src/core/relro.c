#include "core/relro.h"

#include <elf.h>
#include <link.h>
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
