/* SPDX-License-Identifier: MIT */
/* unit: -D_GNU_SOURCE */

/*
 * socket_abi_test.c - the numbers and layouts of net/socket_abi.h, which the
 * kernel's exported headers do not have, against those of the C library: one
 * list, written out under the one's macros and then under the other's.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sys/socket.h>

#define NAMES(X)            \
	X(AF_UNSPEC)        \
	X(AF_UNIX)          \
	X(AF_MAX)           \
	X(SOCK_STREAM)      \
	X(SOCK_DGRAM)       \
	X(SOCK_RAW)         \
	X(SOCK_SEQPACKET)   \
	X(SOCK_NONBLOCK)    \
	X(SOCK_CLOEXEC)     \
	X(SHUT_RD)          \
	X(SHUT_WR)          \
	X(SHUT_RDWR)        \
	X(MSG_OOB)          \
	X(MSG_PEEK)         \
	X(MSG_CTRUNC)       \
	X(MSG_TRUNC)        \
	X(MSG_DONTWAIT)     \
	X(MSG_EOR)          \
	X(MSG_WAITALL)      \
	X(MSG_ERRQUEUE)     \
	X(MSG_NOSIGNAL)     \
	X(MSG_WAITFORONE)   \
	X(MSG_CMSG_CLOEXEC) \
	X(SCM_RIGHTS)       \
	X(SCM_CREDENTIALS)  \
	X(SOMAXCONN)

#define VALUE(n) (long)(n),

static const long library[] = { NAMES(VALUE) };

#undef AF_UNSPEC
#undef AF_UNIX
#undef AF_MAX
#undef SOCK_STREAM
#undef SOCK_DGRAM
#undef SOCK_RAW
#undef SOCK_SEQPACKET
#undef SOCK_NONBLOCK
#undef SOCK_CLOEXEC
#undef SHUT_RD
#undef SHUT_WR
#undef SHUT_RDWR
#undef MSG_OOB
#undef MSG_PEEK
#undef MSG_CTRUNC
#undef MSG_TRUNC
#undef MSG_DONTWAIT
#undef MSG_EOR
#undef MSG_WAITALL
#undef MSG_ERRQUEUE
#undef MSG_NOSIGNAL
#undef MSG_WAITFORONE
#undef MSG_CMSG_CLOEXEC
#undef SCM_RIGHTS
#undef SCM_CREDENTIALS
#undef SOMAXCONN

#include "net/socket_abi.h"

static const long kernel[] = { NAMES(VALUE) };

static void
numbers_are_the_library_s(void **state)
{
	for (size_t i = 0; i < sizeof(library) / sizeof(*library); i++)
		assert_int_equal(kernel[i], library[i]);
}

#define SAME_PLACE(a, m, b, n) \
	assert_int_equal(offsetof(struct a, m), offsetof(struct b, n))

static void
layouts_are_the_library_s(void **state)
{
	assert_int_equal(sizeof(struct user_msghdr), sizeof(struct msghdr));
	SAME_PLACE(user_msghdr, name, msghdr, msg_name);
	SAME_PLACE(user_msghdr, name_len, msghdr, msg_namelen);
	SAME_PLACE(user_msghdr, iov, msghdr, msg_iov);
	SAME_PLACE(user_msghdr, iov_len, msghdr, msg_iovlen);
	SAME_PLACE(user_msghdr, control, msghdr, msg_control);
	SAME_PLACE(user_msghdr, control_len, msghdr, msg_controllen);
	SAME_PLACE(user_msghdr, flags, msghdr, msg_flags);
	assert_int_equal(sizeof(struct user_mmsghdr), sizeof(struct mmsghdr));
	SAME_PLACE(user_mmsghdr, len, mmsghdr, msg_len);
	assert_int_equal(sizeof(struct user_cmsghdr), sizeof(struct cmsghdr));
	SAME_PLACE(user_cmsghdr, level, cmsghdr, cmsg_level);
	SAME_PLACE(user_cmsghdr, type, cmsghdr, cmsg_type);
	assert_int_equal(sizeof(struct socket_cred), sizeof(struct ucred));
	SAME_PLACE(socket_cred, uid, ucred, uid);
	SAME_PLACE(socket_cred, gid, ucred, gid);
	for (size_t n = 0; n < 20; n++)
		assert_int_equal(CMSG_ALIGNED(n), CMSG_ALIGN(n));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_the_library_s),
		cmocka_unit_test(layouts_are_the_library_s),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
