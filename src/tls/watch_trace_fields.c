#include "tls/watch_trace.h"

#include "tls/watch_names.h"

#include <string.h>

/* ---- pieces -------------------------------------------------------------------- */

void trace_field(struct watch_out *o, const char *indent, const char *name, struct span s)
{
    watch_addf(o, "%s%s (len=%u): ", indent, name, (unsigned)s.len);
    watch_hex(o, s);
    watch_add(o, "\n");
}

void trace_numbers(struct watch_out *o, unsigned indent, enum trace_kind kind, struct span list)
{
    struct reader r = reader_of(list.data, list.len);

    while (reader_left(&r) >= 2) {
        uint16_t n = reader_u16(&r);
        char line[96];
        struct text t = text_over(line, sizeof line);

        for (unsigned i = 0; i < indent; i++) {
            text_add(&t, " ");
        }
        switch (kind) {
        case TRACE_GROUP:
            watch_add_group(&t, n, true);
            text_addf(&t, " (%u)\n", n);
            break;
        case TRACE_SIGNATURE:
            watch_add_signature(&t, n, true);
            text_addf(&t, " (0x%04x)\n", n);
            break;
        case TRACE_VERSION:
            watch_add_version(&t, n, false);
            text_addf(&t, " (%u)\n", n);
            break;
        case TRACE_SUITE:
            text_addf(&t, "{0x%02X, 0x%02X} ", n >> 8, n & 0xFFu);
            watch_add_suite(&t, n, true);
            text_add(&t, "\n");
            break;
        }
        watch_put(o, span_of(line, t.len));
    }
}

static void show_quoted(struct watch_out *o, const char *indent, struct span s)
{
    char buf[256 * 4 + 1];
    struct text t = text_over(buf, sizeof buf);

    text_add_quoted(&t, s);
    watch_add(o, indent);
    watch_add(o, buf);
    watch_add(o, "\n");
}

/* ---- extensions ------------------------------------------------------------------ */

static bool show_list8(struct watch_out *o, struct span list, bool formats)
{
    for (size_t i = 0; i < list.len; i++) {
        char line[64];
        struct text t = text_over(line, sizeof line);

        if (formats) {
            watch_add_point_format(&t, list.data[i]);
        } else {
            text_add(&t, list.data[i] == 0   ? "psk_ke"
                         : list.data[i] == 1 ? "psk_dhe_ke"
                                             : "UNKNOWN");
        }
        watch_addf(o, "          %s (%u)\n", line, list.data[i]);
    }
    return true;
}

static bool show_protocols(struct watch_out *o, struct span list)
{
    struct reader r = reader_of(list.data, list.len);

    while (!r.bad && reader_left(&r) > 0) {
        struct span name = reader_vec8(&r);

        if (!r.bad) {
            show_quoted(o, "          ", name);
        }
    }
    return true;
}

static void show_group(struct watch_out *o, uint16_t group)
{
    char name[48];
    struct text t = text_over(name, sizeof name);

    watch_add_group(&t, group, true);
    watch_addf(o, "            NamedGroup: %s (%u)\n", name, group);
}

/* The client's list of them, or the server's one, which in a HelloRetryRequest is
 * a group alone. */
static bool show_shares(struct watch_out *o, enum trace_side side, struct span body)
{
    struct reader r = reader_of(body.data, body.len);
    struct span list = side == TRACE_CLIENT ? reader_vec16(&r) : body;

    if (r.bad || (side == TRACE_CLIENT && reader_left(&r) > 0)) {
        return false;
    }
    for (r = reader_of(list.data, list.len); !r.bad && reader_left(&r) > 0;) {
        uint16_t group = reader_u16(&r);
        bool alone = side != TRACE_CLIENT && list.len == 2;
        struct span share = alone ? span_of(NULL, 0) : reader_vec16(&r);

        if (!r.bad) {
            show_group(o, group);
        }
        if (!r.bad && !alone) {
            trace_field(o, "            ", "key_exchange: ", share);
        }
    }
    return true;
}

static bool show_versions(struct watch_out *o, enum trace_side side, struct span body)
{
    struct reader r = reader_of(body.data, body.len);
    struct span list = side == TRACE_CLIENT ? reader_vec8(&r) : reader_take(&r, 2);

    if (r.bad || reader_left(&r) > 0 || list.len % 2 != 0) {
        return false;
    }
    trace_numbers(o, side == TRACE_CLIENT ? 10 : 12, TRACE_VERSION, list);
    return true;
}

/* Identities and binders, or the index of the one that was chosen. */
static bool show_psk(struct watch_out *o, enum trace_side side, struct span body)
{
    struct reader r = reader_of(body.data, body.len);
    struct reader list;

    if (side != TRACE_CLIENT) {
        watch_addf(o, "            selected_identity=%u\n", reader_u16(&r));
        return !r.bad;
    }
    for (unsigned binders = 0; binders < 2; binders++) {
        struct span all = reader_vec16(&r);

        list = reader_of(all.data, all.len);
        while (!r.bad && !list.bad && reader_left(&list) > 0) {
            trace_field(o, "            ", binders ? "binder" : "identity",
                        binders ? reader_vec8(&list) : reader_vec16(&list));
            if (!binders) {
                watch_addf(o, "            obfuscated_ticket_age=%u\n", reader_u32(&list));
            }
        }
    }
    return !r.bad && !list.bad;
}

/* What is inside of those whose form is known here; false: show the bytes. */
static bool show_inside(struct watch_out *o, enum trace_side side, uint16_t type, struct span body)
{
    struct reader r = reader_of(body.data, body.len);
    struct span list;

    switch (type) {
    case 1: /* max_fragment_length */
        if (body.len != 1 || body.data[0] < 1 || body.data[0] > 4) {
            return false;
        }
        watch_addf(o, "          max_fragment_length := 2^%u (%u bytes) (%u)\n", body.data[0] + 8u,
                   256u << body.data[0], body.data[0]);
        return true;
    case 10: /* supported_groups */
    case 13: /* signature_algorithms */
    case 50: /* signature_algorithms_cert */
        list = reader_vec16(&r);
        if (r.bad || reader_left(&r) > 0 || list.len % 2 != 0) {
            return false;
        }
        trace_numbers(o, 10, type == 10 ? TRACE_GROUP : TRACE_SIGNATURE, list);
        return true;
    case 11: /* ec_point_formats */
    case 45: /* psk_key_exchange_modes */
        list = reader_vec8(&r);
        return !r.bad && reader_left(&r) == 0 && show_list8(o, list, type == 11);
    case 16: /* ALPN */
        list = reader_vec16(&r);
        return !r.bad && reader_left(&r) == 0 && show_protocols(o, list);
    case 35: /* session_ticket */
        if (body.len > 0) {
            trace_field(o, "            ", "ticket", body);
        }
        return true;
    case 41: /* pre_shared_key */
        return show_psk(o, side, body);
    case 42: /* early_data */
        if (body.len == 4) {
            watch_addf(o, "            max_early_data=%u\n", reader_u32(&r));
        }
        return body.len == 0 || body.len == 4;
    case 43: /* supported_versions */
        return show_versions(o, side, body);
    case 51: /* key_share */
        return show_shares(o, side, body);
    case 0xFF01: /* renegotiation_info */
        list = reader_vec8(&r);
        if (r.bad || reader_left(&r) > 0) {
            return false;
        }
        if (list.len == 0) {
            watch_add(o, "            <EMPTY>\n");
        } else {
            watch_dump(o, 10, list);
        }
        return true;
    default:
        return false;
    }
}

void trace_extensions(struct watch_out *o, enum trace_side side, struct reader *r)
{
    struct reader list;
    struct span block;

    if (reader_left(r) == 0) {
        watch_add(o, "      no extensions\n");
        return;
    }
    block = reader_vec16(r);
    if (block.len == 0) {
        watch_addf(o, "      %sNo extensions\n", side == TRACE_INNER ? "  " : "");
        return;
    }
    list = reader_of(block.data, block.len);
    watch_addf(o, "      extensions, length = %u\n", (unsigned)block.len);
    while (!list.bad && reader_left(&list) > 0) {
        uint16_t type = reader_u16(&list);
        struct span body = reader_vec16(&list);
        char name[64];
        struct text t = text_over(name, sizeof name);

        if (list.bad) {
            r->bad = true;
            return;
        }
        watch_add_extension(&t, type, true);
        watch_addf(o, "        extension_type=%s(%u), length=%u\n", name, type, (unsigned)body.len);
        if (!show_inside(o, side, type, body)) {
            watch_dump(o, 10, body);
        }
    }
}
