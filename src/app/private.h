/*
 * Files that nobody gets, though they may lie under files.root: the private keys
 * and the password file that the configuration names. They are known by device
 * and inode, so that links do not help; those under the root are looked at anew
 * for every request, so that a key is safe from the moment that it is replaced.
 * The table belongs to app_shared.
 */
#ifndef TINY_APP_PRIVATE_H
#define TINY_APP_PRIVATE_H

#include "app/app.h"

#include <sys/stat.h>

struct private_files; /* in app_shared */

/* Finds the files, and warns of each that lies under the root. 0, or -1 without
 * memory. */
int private_files_begin(struct app_shared *s);
/* Looks at them anew, as the keys are read anew. One that cannot be seen now
 * (privileges are gone, say) stays known as it was. */
void private_files_refresh(struct app_shared *s);
bool private_files_has(const struct app_shared *s, const struct stat *st);
void private_files_end(struct app_shared *s);

#endif
