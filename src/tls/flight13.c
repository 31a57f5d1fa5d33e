#include "tls/flight13.h"
#include "core/must.h"

#include <string.h>

void flight13_begin(struct flight13 *f)
{
    f->count = 0;
    f->next = 0;
    f->offset = 0;
    f->used = 0;
}

bool flight13_done(const struct flight13 *f)
{
    return f->next == f->count;
}

uint8_t *flight13_room(struct flight13 *f, size_t len)
{
    must(len <= sizeof f->scratch - f->used);
    return f->scratch + f->used;
}

void flight13_add(struct flight13 *f, struct transcript13 *transcript, struct span piece)
{
    struct span *last = f->count > 0 ? &f->pieces[f->count - 1] : NULL;

    if (transcript != NULL) {
        transcript13_add(transcript, piece);
    }
    if (piece.data == f->scratch + f->used) {
        f->used += piece.len;
        must(f->used <= sizeof f->scratch);
        if (last != NULL && last->data + last->len == piece.data) {
            last->len += piece.len;
            return;
        }
    }
    if (piece.len > 0) {
        must(f->count < FLIGHT13_PIECES);
        f->pieces[f->count++] = piece;
    }
}

size_t flight13_take(struct flight13 *f, uint8_t *dst, size_t max)
{
    size_t taken = 0;

    while (f->next < f->count && taken < max) {
        struct span piece = f->pieces[f->next];
        size_t n = piece.len - f->offset;

        n = n < max - taken ? n : max - taken;
        memcpy(dst + taken, piece.data + f->offset, n);
        taken += n;
        f->offset += n;
        if (f->offset == piece.len) {
            f->next++;
            f->offset = 0;
        }
    }
    if (f->next == f->count) {
        flight13_begin(f);
    }
    return taken;
}
