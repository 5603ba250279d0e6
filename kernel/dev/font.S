/* SPDX-License-Identifier: MIT */

/*
 * dev/font.S - the screen's font, a PSF file as kernel/dev/build.mk unpacks it.
 */

	.section .rodata.font, "a"
	.balign	8
	.globl	font_psf
	.hidden	font_psf
font_psf:
	.incbin	"font.psf"
	.globl	font_psf_end
	.hidden	font_psf_end
font_psf_end:

	.section .note.GNU-stack, "", @progbits
