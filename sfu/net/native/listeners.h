/* Who is to be given the feedback that comes from an address, without asking Python. */
#ifndef RODA_LISTENERS_H
#define RODA_LISTENERS_H

#include <stdint.h>

#include "signals.h"

enum { SOURCE_BYTES = 28 /* struct sockaddr_in6 */ };

struct listener {
    uint8_t source[SOURCE_BYTES]; /* struct sockaddr_in or sockaddr_in6, zeros behind it */
    int32_t descriptor;           /* of our socket */
    uint8_t ssrc[4];              /* that is known to `srtp` */
    uint32_t unused;
    void *srtp;
    struct signals *signals;
    double heard_at; /* when anything authentic was last taken here */
};

struct listeners {
    struct listener **slots; /* by hash, the next free one where that is taken */
    uint32_t capacity, used;
    uint64_t taken; /* datagrams that nobody else has seen */
    unprotect_function unprotect;
    uint8_t *plain;
    struct arrived_run *runs;
};

/* What a datagram has become: bits but for the first. */
enum { AS_IT_CAME, TAKEN = 1, ASKS = 2, PLAIN_RTCP = 4 };

struct listener *find_listener(const struct listeners *self, int descriptor, const uint8_t *source);

/* Take the feedback in `data`, if nobody waits for it; what it has become. `PLAIN_RTCP`: `size`
 * bytes of something else, unprotected now; `ASKS`: for a decision at once. */
int take_for_listener(struct listeners *self, struct listener *listener, uint8_t *data,
                      uint32_t *size, double now);

#endif
