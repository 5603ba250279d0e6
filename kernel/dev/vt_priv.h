/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * dev/vt_priv.h - between the grid (vt.c), the escape sequences (vt_parse.c,
 * vt_csi.c) and the character sets (vt_charset.c).
 */

#include "dev/vt.h"

/* vt.c: the grid.  Coordinates are clamped to it by those who take them. */
void vt_reset(struct vt *vt);
void vt_put(struct vt *vt, uint32_t cp);
void vt_move_to(struct vt *vt, unsigned x, unsigned y);
void vt_line_feed(struct vt *vt);
void vt_reverse_line_feed(struct vt *vt);
void vt_scroll_up(struct vt *vt, unsigned top, unsigned n);
void vt_scroll_down(struct vt *vt, unsigned top, unsigned n);
void vt_insert_cells(struct vt *vt, unsigned n);
void vt_delete_cells(struct vt *vt, unsigned n);
void vt_erase(struct vt *vt, unsigned y, unsigned from, unsigned to);
void vt_fill(struct vt *vt, uint32_t cp);
void vt_tab(struct vt *vt, unsigned n);
void vt_back_tab(struct vt *vt, unsigned n);
void vt_save(struct vt *vt);
void vt_restore(struct vt *vt);
void vt_set_style_default(struct vt *vt);
void vt_touch_all(struct vt *vt);

/* vt_csi.c: a control sequence is complete. */
void vt_csi(struct vt *vt, char final);

/* vt_charset.c */
uint32_t vt_charset_map(enum vt_charset set, uint8_t byte);
