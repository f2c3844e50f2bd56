/* What feedback tells of one path (`sfu.net.native_signals`), and how it is taken. */
#ifndef RODA_SIGNALS_H
#define RODA_SIGNALS_H

#include <stdint.h>

#include "sent_log.h"
#include "transport_feedback.h"

enum {
    MAX_MISSING = 2048,
    WINDOW = 20, /* groups of the trend */
    MAX_RECENT = 64,
    MAX_ARRIVALS = 64,
};

enum { NORMAL, OVERUSE, UNDERUSE }; /* of a path */
enum { UNAUTHENTIC = -2, MALFORMED = -1, NOTHING_NEW = 0, HEARD = 1, URGENT = 2, OTHER = 4 };

typedef int (*unprotect_function)(void *srtp, void *packet, int *length);

struct arrived_run {
    int64_t first, end;
    double sent_at, first_arrival, last_arrival;
    int64_t packets;
    double size_bytes;
    uint8_t has_first, unused[7];
};

struct point {
    double x, y;
};

struct trendline {
    double trend_ms, accumulated, smoothed, origin, sx, sy, sxx, sxy;
    struct point points[WINDOW];
    int64_t count;
    uint32_t held, oldest;
    uint8_t has_origin;
};

struct overuse {
    double threshold_ms, over_ms, previous, updated_ms;
    int64_t count;
    uint8_t state, is_over, is_updated;
};

struct standing_queue {
    double base, before, base_since, congested_at;
    struct point recent[MAX_RECENT]; /* arrival and delay */
    uint32_t oldest, held;
    uint8_t has_base, has_before, was_congested;
};

struct acknowledged_rate {
    double bytes, newest;
    struct point arrivals[MAX_ARRIVALS + 1]; /* when, and bytes */
    uint32_t oldest, held;
};

struct signals {
    /* read by Python */
    double round_trip_s, queue_s, acknowledged_bps, threshold_ms, sent_at, size_bytes, heard_at;
    int64_t packets, lost, unknown;
    uint32_t newest_runs, plain_bytes;
    uint8_t state, overused, is_rate_known, has_sent, pending;
    uint8_t attentive; /* written by Python: every feedback is awaited there */
    /* here alone */
    uint8_t has_highest, has_reference, has_group;
    int32_t reference;
    double reference_s, group_sent_at, group_arrival;
    int64_t highest;
    struct sent_log *log;
    uint64_t missing[MAX_MISSING / 64]; /* bits by number */
    struct trendline trend;
    struct overuse overuse;
    struct standing_queue queue;
    struct acknowledged_rate rate;
};

#pragma GCC visibility push(hidden)
void restart_delay(struct signals *self);
void update_delay(struct signals *self, const struct arrived_run *run);
/* The least delay of what has arrived up to `at`. */
void note_delay(struct standing_queue *queue, double at, double delay);
/* How long packets wait. A delay that stays in spite of all we do is the path's own. */
void measure_queue(struct signals *self);
void update_rate(struct signals *self, double arrival, double bytes);
#pragma GCC visibility pop

int roda_receive_feedback(struct signals *self, unprotect_function unprotect, void *srtp,
                          const uint8_t *data, uint32_t size, double now, uint8_t *plain,
                          struct arrived_run *runs);

#endif
