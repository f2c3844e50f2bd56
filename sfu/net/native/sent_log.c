#include "sent_log.h"

int64_t oldest_number(const struct sent_log *log)
{
    int64_t reach = log->next_number - LOG_REACH;
    if (!log->runs)
        return log->next_number;
    return log->firsts[0] > reach ? log->firsts[0] : reach;
}

uint32_t run_of(const struct sent_log *log, int64_t number)
{
    uint32_t low = 0, high = log->runs;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (number < log->firsts[middle])
            high = middle;
        else
            low = middle + 1;
    }
    return low ? low - 1 : 0;
}

int64_t end_of_run(const struct sent_log *log, uint32_t run)
{
    return run + 1 < log->runs ? log->firsts[run + 1] : log->next_number;
}

double packet_bytes(const struct sent_log *log, uint32_t run)
{
    int64_t total = run + 1 < log->runs ? log->totals[run + 1] : log->bytes_sent;
    return (double)(total - log->totals[run]) / (double)(end_of_run(log, run) - log->firsts[run]);
}

static double bytes_before(const struct sent_log *log, int64_t number)
{
    if (number >= log->next_number)
        return (double)log->bytes_sent;
    if (!log->runs || number <= log->firsts[0])
        return log->runs ? (double)log->totals[0] : 0.0;
    uint32_t run = run_of(log, number);
    return (double)log->totals[run] + (double)(number - log->firsts[run]) * packet_bytes(log, run);
}

double bytes_between(const struct sent_log *log, int64_t first, int64_t end)
{
    double between = bytes_before(log, end) - bytes_before(log, first);
    return between > 0.0 ? between : 0.0;
}
