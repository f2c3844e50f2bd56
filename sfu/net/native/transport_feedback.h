/* Transport-wide feedback as it is on the wire: sfu/wire/transport_feedback.py. */
#ifndef RODA_TRANSPORT_FEEDBACK_H
#define RODA_TRANSPORT_FEEDBACK_H

#include <stdint.h>

enum { MAX_DATAGRAM = 1500, FEEDBACK_HEADER = 16 /* behind the RTCP header */ };

struct feedback {
    uint16_t base;
    uint32_t status_count;
    int32_t reference;
    uint32_t received;
    uint16_t numbers[MAX_DATAGRAM];
    int16_t deltas[MAX_DATAGRAM];
};

static inline uint32_t get16(const uint8_t *at)
{
    return (uint32_t)at[0] << 8 | at[1];
}

#pragma GCC visibility push(hidden)
/* `body` is what follows the RTCP header and precedes its padding; false if it is malformed. */
int read_feedback(const uint8_t *body, uint32_t length, struct feedback *found);
#pragma GCC visibility pop

#endif
