/* Takes all datagrams that wait on a socket, in as few system calls as it takes.
 *
 * No Python here, and no library but libc: `struct datagram` is that of sfu/net/native_receiver.py,
 * which compares `roda_receive_layout` with its own. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

enum {
    MAX_DATAGRAMS = 128,
    MAX_SIZE = 2048, /* what is longer is cut */
    SOURCE_BYTES = 28, /* struct sockaddr_in6 */
    AT_ONCE = 16,
};

struct datagram {
    uint32_t length;
    uint8_t source[SOURCE_BYTES]; /* struct sockaddr_in or sockaddr_in6, zeros behind it */
};

const uint32_t roda_receive_layout[] = {
    sizeof(struct datagram), SOURCE_BYTES, MAX_DATAGRAMS, MAX_SIZE,
};

/* At most AT_ONCE, of MAX_SIZE each into `arena`; how many, or -1 and `errno`. */
static int receive_some(int descriptor, struct datagram *datagrams, uint8_t *arena, unsigned room)
{
    struct mmsghdr messages[AT_ONCE];
    struct iovec vectors[AT_ONCE];
    if (room > AT_ONCE)
        room = AT_ONCE;
    memset(datagrams, 0, room * sizeof(*datagrams));
    for (unsigned i = 0; i < room; i++) {
        vectors[i] = (struct iovec){arena + i * MAX_SIZE, MAX_SIZE};
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

/* At most MAX_DATAGRAMS; how many. An error, such as an ICMP message about what was sent before,
 * counts as one of them. */
uint32_t roda_receive(int32_t descriptor, struct datagram *datagrams, uint8_t *arena)
{
    uint32_t taken = 0;
    for (unsigned tries = 0; taken + tries < MAX_DATAGRAMS;) {
        unsigned room = MAX_DATAGRAMS - taken - tries;
        int count = receive_some(descriptor, datagrams + taken, arena + taken * MAX_SIZE, room);
        if (count > 0) {
            taken += (uint32_t)count;
            if (count < AT_ONCE && (unsigned)count < room)
                break;
        } else if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EBADF)
            break;
        else
            tries++;
    }
    return taken;
}
