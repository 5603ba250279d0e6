/* SPDX-License-Identifier: MIT */

/*
 * arch/x86_64/vdso_image.S - the vDSO as built by vdso/build.mk.
 */

	.section .rodata, "a"
	.balign 4096
	.globl vdso_image_start, vdso_image_end
	.hidden vdso_image_start, vdso_image_end
vdso_image_start:
	.incbin "vdso.so"
	.balign 4096
vdso_image_end:
	.section .note.GNU-stack, "", @progbits
