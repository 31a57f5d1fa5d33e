/*
 * Checks of what can only be false through a mistake of ours. Unlike assert()
 * they stay in the released program and need nothing of stdio: the place goes
 * to standard error with one write(2), then the program ends.
 */
#ifndef TINY_CORE_MUST_H
#define TINY_CORE_MUST_H

#define MUST_TEXT_(x)   #x
#define MUST_TEXT(x)    MUST_TEXT_(x)
#define must(condition) ((condition) ? (void)0 : must_fail(__FILE__ ":" MUST_TEXT(__LINE__) "\n"))

_Noreturn void must_fail(const char *line);

#endif
