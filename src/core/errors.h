/*
 * The errors of system calls in words: those that a server meets. The C
 * library's list has every one there is, in twice the space. Pure, no locale.
 */
#ifndef TINY_CORE_ERRORS_H
#define TINY_CORE_ERRORS_H

/* Never NULL; one sentence for all that are not in the list. */
const char *error_text(int error);

#endif
