/* draft-holmer-rmcat-transport-wide-cc-extensions-01 section 3.1. */
#include "transport_feedback.h"

/* The statuses of what arrived, as numbers and sizes of deltas; where these begin, or 0. */
static uint32_t read_statuses(const uint8_t *body, uint32_t length, struct feedback *found,
                              uint8_t *sizes)
{
    uint32_t position = FEEDBACK_HEADER, offset = 0, count = found->status_count;
    found->received = 0;
    while (offset < count) {
        if (position + 2 > length)
            return 0;
        uint32_t chunk = get16(body + position), symbols, width;
        position += 2;
        if (chunk < 0x8000) { /* section 3.1.3: run length */
            uint32_t symbol = chunk >> 13, run = chunk & 0x1FFF;
            run = run < count - offset ? run : count - offset;
            if (symbol && found->received + run > length)
                return 0;
            for (uint32_t i = 0; symbol && i < run; i++) {
                found->numbers[found->received] = (uint16_t)(found->base + offset + i);
                sizes[found->received++] = (uint8_t)symbol;
            }
            offset += run;
            continue;
        }
        width = chunk & 0x4000 ? 2 : 1; /* section 3.1.4: vector */
        symbols = 14 / width;
        for (uint32_t i = 0; i < symbols; i++, offset++) {
            uint32_t symbol = chunk >> (14 - width * (i + 1)) & (width == 2 ? 3 : 1);
            if (!symbol || offset >= count)
                continue;
            if (found->received >= length)
                return 0;
            found->numbers[found->received] = (uint16_t)(found->base + offset);
            sizes[found->received++] = (uint8_t)symbol;
        }
    }
    return position;
}

int read_feedback(const uint8_t *body, uint32_t length, struct feedback *found)
{
    uint8_t sizes[MAX_DATAGRAM];
    if (length < FEEDBACK_HEADER || length > MAX_DATAGRAM)
        return 0;
    found->base = (uint16_t)get16(body + 8);
    found->status_count = get16(body + 10);
    found->reference = (int32_t)((uint32_t)body[12] << 16 | (uint32_t)body[13] << 8 | body[14]);
    uint32_t position = read_statuses(body, length, found, sizes);
    if (!position)
        return 0;
    for (uint32_t i = 0; i < found->received; i++) {
        if (sizes[i] > 2 || position + sizes[i] > length)
            return 0;
        found->deltas[i] = sizes[i] == 1 ? body[position] : (int16_t)get16(body + position);
        position += sizes[i];
    }
    return 1;
}
