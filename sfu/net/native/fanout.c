/* The loop of sfu/fanout.py for plans that leave over UDP: every packet once per plan, its own
 * header before the shared tail, protected in place, sent in as few system calls as it takes.
 *
 * No Python here, and no library but libc: the structures are those of sfu/plan_record.py,
 * sfu/net/path.py and sfu/net/native_fanout.py, which compares `roda_fanout_layout` with them, and libsrtp's
 * function comes as a pointer. */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include "sent_log.h"

#ifndef SOL_UDP
#define SOL_UDP 17
#endif
#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

enum {
    HEADER = 12,
    TRAILER = 32,      /* what SRTP appends at most */
    MAX_PACKET = 1600, /* header, tail and trailer */
    TRANSPORT_NUMBER_AT = HEADER + 4 + 2,
    HISTORY = 512,
    RUN_BYTES = 60000,
    RUN_SEGMENTS = 60,
    AT_ONCE_BYTES = 64 * 1024, /* protected before the first of it is sent */
    MESSAGES = 64,
};

typedef int (*protect_function)(void *srtp, void *packet, int *length);

struct packet {
    int64_t sequence;
    uint32_t timestamp;
    uint32_t length; /* of the tail */
    uint16_t picture_at, picture_id, tl0_at;
    uint8_t tl0_index, first_byte, marker, unused[7];
};

struct plan {
    int64_t sequence_offset, first_sequence, last_sequence;
    uint64_t packets_sent, bytes_sent, dropped;
    void *srtp_at;
    const struct route *route_at;
    uint8_t sent[HISTORY / 8]; /* a bit for each of the last numbers: whether it left */
    struct sent_log *log; /* the transport's; NULL without transport-wide numbers */
    uint32_t ssrc, timestamp_offset, last_timestamp;
    uint16_t picture_offset;
    uint8_t tl0_offset, payload_type, is_paced;
};

struct route {
    const int32_t *descriptor_at; /* negative once the socket is closed; NULL: no UDP */
    uint32_t length;
    uint8_t address[28];
};

struct counters {
    uint64_t datagrams, calls, blocked, failed, tcp_blocked;
    uint8_t offload;
};

struct fanout {
    protect_function protect;
    struct counters *counters;
    uint8_t *arena;
    uint32_t arena_bytes;
};

struct outbox {
    struct counters *counters;
    int descriptor;
    unsigned count;
    struct mmsghdr messages[MESSAGES];
    struct iovec vectors[MESSAGES];
    uint16_t segments[MESSAGES]; /* bytes of each of a message's datagrams but the last */
    union {
        char bytes[CMSG_SPACE(sizeof(uint16_t))];
        struct cmsghdr aligned;
    } controls[MESSAGES];
};

const uint32_t roda_fanout_layout[] = {
    sizeof(struct packet), sizeof(struct plan), offsetof(struct plan, is_paced),
    sizeof(struct route), sizeof(struct counters), sizeof(struct fanout), HISTORY,
};

static void put16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value)
{
    put16(at, value >> 16);
    put16(at + 2, value);
}

static unsigned datagrams_of(const struct outbox *box, unsigned index)
{
    size_t size = box->vectors[index].iov_len, segment = box->segments[index];
    return (unsigned)((size + segment - 1) / segment);
}

/* One datagram in one call; false if the socket takes no more. */
static int send_one(struct outbox *box, unsigned index, uint8_t *data, size_t size)
{
    struct counters *counters = box->counters;
    const struct msghdr *header = &box->messages[index].msg_hdr;
    ssize_t sent;
    do {
        counters->calls++;
        sent = sendto(box->descriptor, data, size, MSG_DONTWAIT, header->msg_name,
                      header->msg_namelen);
    } while (sent < 0 && errno == EINTR);
    if (sent >= 0) {
        counters->datagrams++;
        return 1;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
        counters->blocked++;
        return 0;
    }
    counters->failed++;
    return 1;
}

/* A message that the kernel does not cut itself. */
static void send_singly(struct outbox *box, unsigned index)
{
    uint8_t *data = box->vectors[index].iov_base;
    size_t left = box->vectors[index].iov_len, segment = box->segments[index];
    while (left) {
        size_t size = left < segment ? left : segment;
        send_one(box, index, data, size);
        data += size;
        left -= size;
    }
}

static void flush(struct outbox *box)
{
    struct counters *counters = box->counters;
    unsigned next = 0;
    while (next < box->count) {
        counters->calls++;
        int sent = sendmmsg(box->descriptor, box->messages + next, box->count - next, MSG_DONTWAIT);
        if (sent > 0) {
            for (int i = 0; i < sent; i++)
                counters->datagrams += datagrams_of(box, next + i);
            next += sent;
            continue;
        }
        if (errno == EINTR)
            continue;
        if (errno == EAGAIN || errno == EWOULDBLOCK) {
            for (; next < box->count; next++)
                counters->blocked += datagrams_of(box, next);
            break;
        }
        int offloaded = box->messages[next].msg_hdr.msg_controllen > 0;
        if (offloaded && (errno == EIO || errno == ENOPROTOOPT))
            counters->offload = 0; /* of this kernel or device */
        else if (!offloaded || (errno != EINVAL && errno != EMSGSIZE)) {
            counters->failed += datagrams_of(box, next++);
            continue;
        }
        send_singly(box, next++);
    }
    box->count = 0;
}

static void add_message(struct outbox *box, const struct route *route, uint8_t *data, size_t size,
                        size_t segment)
{
    if (box->count == MESSAGES)
        flush(box);
    unsigned index = box->count++;
    struct msghdr *header = &box->messages[index].msg_hdr;
    box->vectors[index] = (struct iovec){data, size};
    box->segments[index] = (uint16_t)segment;
    *header = (struct msghdr){
        .msg_name = (void *)route->address,
        .msg_namelen = route->length,
        .msg_iov = &box->vectors[index],
        .msg_iovlen = 1,
    };
    if (size <= segment)
        return;
    header->msg_control = box->controls[index].bytes;
    header->msg_controllen = sizeof(box->controls[index].bytes);
    struct cmsghdr *control = CMSG_FIRSTHDR(header);
    control->cmsg_level = SOL_UDP;
    control->cmsg_type = UDP_SEGMENT;
    control->cmsg_len = CMSG_LEN(sizeof(uint16_t));
    memcpy(CMSG_DATA(control), &box->segments[index], sizeof(uint16_t));
}

/* Datagrams that stand one behind the other, `segment` bytes each but for the last. */
static void add_run(struct outbox *box, const struct route *route, uint8_t *data, size_t size,
                    size_t segment)
{
    if (box->counters->offload || size <= segment) {
        add_message(box, route, data, size, segment);
        return;
    }
    for (size_t start = 0; start < size; start += segment) {
        size_t rest = size - start < segment ? size - start : segment;
        add_message(box, route, data + start, rest, rest);
    }
}

/* Write one packet as the plan has it, behind `before` others; its bytes. */
static uint32_t write_packet(const struct plan *plan, const struct packet *packet,
                             const uint8_t *tail, int64_t sequence, uint32_t before, uint8_t *at)
{
    uint8_t *body = at + HEADER;
    at[0] = packet->first_byte;
    at[1] = plan->payload_type | packet->marker;
    put16(at + 2, (uint32_t)sequence & 0xFFFF);
    put32(at + 4, packet->timestamp + plan->timestamp_offset);
    put32(at + 8, plan->ssrc);
    memcpy(body, tail, packet->length);
    if (plan->picture_offset && packet->picture_at && packet->picture_at + 2u <= packet->length)
        put16(body + packet->picture_at,
              0x8000u | ((packet->picture_id + plan->picture_offset) & 0x7FFF));
    if (plan->tl0_offset && packet->tl0_at && packet->tl0_at < packet->length)
        body[packet->tl0_at] = (uint8_t)(packet->tl0_index + plan->tl0_offset);
    if (plan->log)
        put16(at + TRANSPORT_NUMBER_AT, (uint32_t)(plan->log->next_number + before) & 0xFFFF);
    return HEADER + packet->length;
}

/* `sequence` has left; of the numbers between it and the highest before it nothing is known yet. */
static void note_sent(struct plan *plan, int64_t sequence)
{
    int64_t next = plan->last_sequence + 1;
    if (next - sequence > HISTORY)
        return;
    if (sequence - next >= HISTORY)
        next = sequence - HISTORY + 1;
    for (; next < sequence; next++)
        plan->sent[(next & (HISTORY - 1)) / 8] &= (uint8_t)~(1u << (next & 7));
    plan->sent[(sequence & (HISTORY - 1)) / 8] |= (uint8_t)(1u << (sequence & 7));
}

/* All packets to one plan; where the arena is free behind them. */
static uint32_t forward(const struct fanout *self, struct plan *plan, const struct packet *packets,
                        const uint8_t *const *tails, uint32_t count, double now,
                        uint32_t position, struct outbox *box)
{
    uint8_t *arena = self->arena;
    uint32_t start = position, segment = 0, segments = 0, sent = 0, bytes = 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct packet *packet = packets + i;
        if (packet->sequence < plan->first_sequence)
            continue;
        if (packet->length > MAX_PACKET - HEADER - TRAILER ||
            position + MAX_PACKET > self->arena_bytes) {
            plan->dropped++;
            continue;
        }
        int64_t sequence = packet->sequence - plan->sequence_offset;
        int size = (int)write_packet(plan, packet, tails[i], sequence, sent, arena + position);
        if (self->protect(plan->srtp_at, arena + position, &size)) {
            plan->dropped++;
            continue;
        }
        uint32_t length = (uint32_t)size;
        sent++;
        bytes += packet->length;
        note_sent(plan, sequence);
        if (sequence > plan->last_sequence) {
            plan->last_sequence = sequence;
            plan->last_timestamp = packet->timestamp + plan->timestamp_offset;
        }
        if (segment && (length > segment || segments == RUN_SEGMENTS ||
                        position + length - start > RUN_BYTES)) {
            add_run(box, plan->route_at, arena + start, position - start, segment);
            start = position;
            segment = 0;
        }
        position += length;
        if (!segment) {
            segment = length;
            segments = 1;
        } else if (length < segment) {
            add_run(box, plan->route_at, arena + start, position - start, segment);
            start = position;
            segment = 0;
        } else
            segments++;
    }
    if (segment)
        add_run(box, plan->route_at, arena + start, position - start, segment);
    plan->packets_sent += sent;
    plan->bytes_sent += bytes;
    if (plan->log)
        note_run(plan->log, sent, bytes + sent * HEADER, now);
    return position;
}

/* Send `packets` to all `plans` that leave over UDP, at `now`. `left[i]` is 1 for each of those that do not,
 * else 0; returns how many these are. */
uint32_t roda_fanout(const struct fanout *self, struct plan *const *plans, uint32_t plan_count,
                     const struct packet *packets, const uint8_t *const *tails,
                     uint32_t packet_count, double now, uint8_t *left)
{
    struct outbox box;
    uint32_t position = 0, left_count = 0;
    box.counters = self->counters;
    box.descriptor = -1;
    box.count = 0;
    for (uint32_t i = 0; i < plan_count; i++) {
        struct plan *plan = plans[i];
        const struct route *route = plan->route_at;
        left[i] = plan->is_paced || !route || !route->descriptor_at || *route->descriptor_at < 0;
        if (left[i]) {
            left_count++;
            continue;
        }
        if (box.descriptor != *route->descriptor_at || position >= AT_ONCE_BYTES) {
            flush(&box);
            position = 0;
            box.descriptor = *route->descriptor_at;
        }
        position = forward(self, plan, packets, tails, packet_count, now, position, &box);
    }
    flush(&box);
    return left_count;
}
