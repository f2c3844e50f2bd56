/* `sfu.bandwidth.sent_packets.SentLog`: what left on one transport, by transport-wide number. */
#ifndef RODA_SENT_LOG_H
#define RODA_SENT_LOG_H

#include <stdint.h>
#include <string.h>

#define LOG_CAPACITY 512 /* runs */
#define LOG_JOIN_S 0.015
#define LOG_REACH 0x8000 /* a 16-bit number is looked for this far back */

struct sent_log {
    int64_t next_number, bytes_sent;
    double join_until;
    int64_t *firsts; /* of each run, `LOG_CAPACITY` in each array */
    double *times;
    int64_t *totals; /* bytes sent before it */
    uint32_t runs;
    uint8_t joins;
};

/* `packets` have left under the numbers from `next_number` on. */
static inline void note_run(struct sent_log *log, uint32_t packets, uint32_t bytes, double now)
{
    int64_t number = log->next_number, total = log->bytes_sent;
    if (!packets)
        return;
    log->next_number = number + packets;
    log->bytes_sent = total + bytes;
    if (now < log->join_until && log->joins)
        return;
    if (log->runs == LOG_CAPACITY) {
        log->runs = LOG_CAPACITY / 2;
        memmove(log->firsts, log->firsts + LOG_CAPACITY / 2, log->runs * sizeof(*log->firsts));
        memmove(log->times, log->times + LOG_CAPACITY / 2, log->runs * sizeof(*log->times));
        memmove(log->totals, log->totals + LOG_CAPACITY / 2, log->runs * sizeof(*log->totals));
    }
    log->firsts[log->runs] = number;
    log->times[log->runs] = now;
    log->totals[log->runs] = total;
    log->runs++;
    log->join_until = now + LOG_JOIN_S;
}

#pragma GCC visibility push(hidden)
/* The oldest extended number that a 16-bit one may mean. */
int64_t oldest_number(const struct sent_log *log);
/* The run that holds `number`, which is not older than all. */
uint32_t run_of(const struct sent_log *log, int64_t number);
/* The number behind its last. */
int64_t end_of_run(const struct sent_log *log, uint32_t run);
/* On average. */
double packet_bytes(const struct sent_log *log, uint32_t run);
/* Of the packets remembered from `first` up to, not with, `end`. */
double bytes_between(const struct sent_log *log, int64_t first, int64_t end);
#pragma GCC visibility pop

#endif
