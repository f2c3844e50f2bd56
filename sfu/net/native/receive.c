/* Takes all datagrams that wait on a socket, in as few system calls as it takes.
 *
 * No Python here, and no library but libc: `struct datagram` is that of sfu/net/native_receiver.py,
 * which compares `roda_receive_layout` with its own. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include "listeners.h"

enum {
    MAX_DATAGRAMS = 128,
    MAX_SIZE = 2048, /* what is longer is cut */
    AT_ONCE = 16,
};

struct datagram {
    uint32_t start, length; /* in the arena */
    uint32_t kind;
    uint8_t source[SOURCE_BYTES]; /* struct sockaddr_in or sockaddr_in6, zeros behind it */
    struct listener *listener;    /* whose it was, unless it is as it came */
};

const uint32_t roda_receive_layout[] = {
    sizeof(struct datagram), SOURCE_BYTES, MAX_DATAGRAMS, MAX_SIZE,
};

/* At most AT_ONCE, of MAX_SIZE each from `start` on in `arena`; how many, or -1 and `errno`. */
static int receive_some(int descriptor, struct datagram *datagrams, uint8_t *arena, uint32_t start,
                        unsigned room)
{
    struct mmsghdr messages[AT_ONCE];
    struct iovec vectors[AT_ONCE];
    if (room > AT_ONCE)
        room = AT_ONCE;
    memset(datagrams, 0, room * sizeof(*datagrams));
    for (unsigned i = 0; i < room; i++) {
        datagrams[i].start = start + i * MAX_SIZE;
        vectors[i] = (struct iovec){arena + datagrams[i].start, MAX_SIZE};
        messages[i].msg_hdr = (struct msghdr){
            .msg_name = datagrams[i].source,
            .msg_namelen = SOURCE_BYTES,
            .msg_iov = &vectors[i],
            .msg_iovlen = 1,
        };
    }
    int count = recvmmsg(descriptor, messages, room, MSG_DONTWAIT, NULL);
    for (int i = 0; i < count; i++)
        datagrams[i].length = messages[i].msg_len;
    return count;
}

/* Give feedback to who listens; how many of `count` are left for Python. */
static uint32_t give(struct listeners *listeners, int descriptor, struct datagram *datagrams,
                     uint32_t count, uint8_t *arena, double now)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct datagram each = datagrams[i];
        uint8_t *data = arena + each.start;
        int is_rtcp = each.length > 1 && data[0] >> 6 == 2 && data[1] > 191 && data[1] < 224;
        struct listener *listener =
            is_rtcp ? find_listener(listeners, descriptor, each.source) : NULL;
        if (listener) {
            each.listener = listener;
            each.kind =
                (uint32_t)take_for_listener(listeners, listener, data, &each.length, now);
        }
        if (each.kind == TAKEN)
            listeners->taken++;
        else
            datagrams[kept++] = each;
    }
    return kept;
}

/* At most MAX_DATAGRAMS, less the feedback that `listeners`, if there are any, have taken; how
 * many. An error, such as an ICMP message about what was sent before, counts as one of them. */
uint32_t roda_receive(int32_t descriptor, struct datagram *datagrams, uint8_t *arena,
                      struct listeners *listeners, double now)
{
    uint32_t taken = 0, kept = 0;
    for (unsigned tries = 0; taken + tries < MAX_DATAGRAMS;) {
        unsigned room = MAX_DATAGRAMS - taken - tries;
        struct datagram *next = datagrams + kept;
        int count = receive_some(descriptor, next, arena, taken * MAX_SIZE, room);
        if (count > 0) {
            uint32_t got = (uint32_t)count;
            taken += got;
            kept += listeners ? give(listeners, descriptor, next, got, arena, now) : got;
            if (got < AT_ONCE && got < room)
                break;
        } else if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EBADF)
            break;
        else
            tries++;
    }
    return kept;
}
