/* sfu/bandwidth/standing_queue.py. */
#include "signals.h"

static struct point *recent(struct standing_queue *queue, uint32_t index)
{
    return &queue->recent[(queue->oldest + index) % MAX_RECENT];
}

void note_delay(struct standing_queue *queue, double at, double delay)
{
    while (queue->held &&
           (recent(queue, queue->held - 1)->y >= delay || queue->held >= MAX_RECENT))
        queue->held--;
    *recent(queue, queue->held++) = (struct point){at, delay};
    while (recent(queue, 0)->x < at - 0.25) {
        queue->oldest = (queue->oldest + 1) % MAX_RECENT;
        queue->held--;
    }
    if (!queue->has_base || at - queue->base_since > 10.0) {
        queue->before = queue->base;
        queue->has_before = queue->has_base;
        queue->base = delay;
        queue->has_base = 1;
        queue->base_since = at;
    } else if (delay < queue->base)
        queue->base = delay;
}

void measure_queue(struct signals *self)
{
    struct standing_queue *queue = &self->queue;
    if (!queue->has_base || !queue->held)
        return;
    double base = queue->base, at = recent(queue, queue->held - 1)->x;
    if (queue->has_before && queue->before < base)
        base = queue->before;
    self->queue_s = recent(queue, 0)->y - base;
    if (!(self->queue_s > 0.0))
        self->queue_s = 0.0;
    if (!(self->queue_s > 0.2))
        queue->was_congested = 0;
    else if (!queue->was_congested) {
        queue->was_congested = 1;
        queue->congested_at = at;
    } else if (at - queue->congested_at > 6.0) {
        queue->base = recent(queue, 0)->y;
        queue->has_before = 0;
        queue->base_since = at;
        queue->was_congested = 0;
        self->queue_s = 0.0;
    }
}
