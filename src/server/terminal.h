/*
 * Standard input and output of a server that stands in for openssl s_server:
 * ACCEPT at the start, the statistics at the end, and in console mode
 * (app/console.h) what is typed and what clients send. Owns the console and
 * descriptors of its own for both ends; registers them with epoll only while
 * something is wanted of them. Terminal, pipe, file, socket or nothing at all: it
 * never blocks the loop and never changes a flag that others see.
 */
#ifndef TINY_SERVER_TERMINAL_H
#define TINY_SERVER_TERMINAL_H

#include "server/loop.h"

struct terminal;

/* In console mode, on s_server's command line, and where connections are counted. */
bool terminal_wanted(const struct config *config);
/* Says ACCEPT. 0, or -1 after telling why by log_line. */
int terminal_begin(struct server *s);
/* An event at its input (number 0) or output (1). */
void terminal_event(struct server *s, uint32_t number);
/* Reads and writes what can move, readies the connections that this concerns,
 * settles what epoll watches. Once in a turn of the loop. */
void terminal_turn(struct server *s);
/* When terminal_turn is due without an event, or UINT64_MAX. */
uint64_t terminal_due_ms(const struct server *s);
/* Says the statistics, waits a bounded while for whoever reads them. */
void terminal_end(struct server *s);

#endif
