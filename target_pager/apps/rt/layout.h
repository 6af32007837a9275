/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pages that every TA has for commands to work on (pages.S makes them) and the words they are
 * loaded with. Also read by the assembler.
 */
#ifndef APPS_LAYOUT_H
#define APPS_LAYOUT_H

#define TA_TEXT_PAGES   8 /* each begins with a function */
#define TA_RODATA_PAGES 4
#define TA_RELRO_PAGES  4 /* every TA_RELRO_STEP-th word is a pointer into rodata */
#define TA_RELRO_STEP   8
#define TA_DATA_PAGES   4
#define TA_BSS_PAGES    8

/* Word n of the section is this plus n: in a dump it reads "rodata", "relro", "data". */
#define TA_RODATA_MARK 0x617461646f720000
#define TA_RELRO_MARK  0x6f726c6572000000
#define TA_DATA_MARK   0x6174616400000000

#endif
