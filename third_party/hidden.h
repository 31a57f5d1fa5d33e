/*
 * Included before everything else in cross builds: whatever a file does not
 * define lies in the same program, so it is reached straight, without a table
 * of addresses, which position independent code would otherwise take along.
 */
#pragma GCC visibility push(hidden)
