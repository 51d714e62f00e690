/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Partition tables of a disk: MBR with logical partitions, and GPT.
 * UEFI specification 2.10, chapter 5; the MBR is what IBM PCs made of it.
 */
#include "drv/partition.h"

#include "drv/block.h"
#include "fs/buffer.h"
#include "lib/errno.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "mm/heap.h"

#define MBR_SIGNATURE 0xaa55
#define MBR_ENTRIES   4U
#define MBR_TYPE_GPT  0xee
/* Minor numbers of a disk, as Linux has it for virtio: the disk and 15 partitions. */
#define PARTITION_MAX 15U

struct mbr_entry {
	uint8_t boot, first_chs[3], type, last_chs[3];
	uint32_t start, sectors;
} __attribute__((packed));

struct mbr {
	uint8_t code[446];
	struct mbr_entry entries[MBR_ENTRIES];
	uint16_t signature;
} __attribute__((packed));
_Static_assert(sizeof(struct mbr) == BLOCK_SECTOR_SIZE, "master boot record");

struct gpt_header {
	char signature[8];
	uint32_t revision, size, crc, reserved;
	uint64_t self, other, first_usable, last_usable;
	uint8_t disk[16];
	uint64_t entries_at;
	uint32_t entries, entry_size, entries_crc;
} __attribute__((packed));

struct gpt_entry {
	uint8_t type[16], id[16];
	uint64_t first, last; /* last: inclusive */
} __attribute__((packed));

static void partition_add(struct block_device *disk, uint32_t number, uint64_t start,
			  uint64_t sectors)
{
	size_t length = strlen(disk->name);
	bool digit = disk->name[length - 1] >= '0' && disk->name[length - 1] <= '9';
	struct block_device *part;

	if (!sectors || start >= disk->sectors || sectors > disk->sectors - start) {
		kprintf("%s: partition %u reaches beyond the disk\n", disk->name, number);
		return;
	}
	part = heap_alloc(sizeof(*part));
	if (!part || number > PARTITION_MAX) {
		heap_free(part);
		return;
	}
	*part = (struct block_device){
		.major = disk->major,
		.minor = disk->minor + number,
		.sectors = sectors,
		.physical_bytes = disk->physical_bytes,
		.read_only = disk->read_only,
		.whole = disk,
		.start = start,
	};
	printf_format(part->name, sizeof(part->name), "%s%s%u", disk->name, digit ? "p" : "",
		      number);
	block_add(part);
}

/* The sector's buffer; false if it cannot be read. */
static bool partition_read(struct block_device *disk, uint64_t sector, struct buffer *buffer)
{
	return sector < disk->sectors && !buffer_get(disk, sector, BLOCK_SECTOR_SIZE, buffer);
}

/* True if it is one; its sums are not checked: what does not lie on the disk is left out. */
static bool partition_scan_gpt(struct block_device *disk)
{
	struct gpt_header header;
	struct buffer buffer;

	if (!partition_read(disk, 1, &buffer))
		return false;
	memcpy(&header, buffer.data, sizeof(header));
	buffer_put(&buffer);
	if (memcmp(header.signature, "EFI PART", sizeof(header.signature)) ||
	    header.entry_size < sizeof(struct gpt_entry) || BLOCK_SECTOR_SIZE % header.entry_size)
		return false;
	for (uint32_t i = 0; i < header.entries && i < PARTITION_MAX; i++) {
		uint32_t per_sector = BLOCK_SECTOR_SIZE / header.entry_size;
		static const uint8_t unused[16];
		struct gpt_entry entry;

		if (!partition_read(disk, header.entries_at + i / per_sector, &buffer))
			break;
		memcpy(&entry, (char *)buffer.data + i % per_sector * header.entry_size,
		       sizeof(entry));
		buffer_put(&buffer);
		if (memcmp(entry.type, unused, sizeof(unused)) && entry.last >= entry.first)
			partition_add(disk, i + 1, entry.first, entry.last - entry.first + 1);
	}
	return true;
}

static bool partition_is_extended(uint8_t type)
{
	return type == 0x05 || type == 0x0f || type == 0x85;
}

/* Logical partitions are a chain of tables: one partition each, and where the next table is. */
static void partition_scan_logical(struct block_device *disk, uint32_t base)
{
	uint32_t at = base;

	for (uint32_t number = MBR_ENTRIES + 1; number <= PARTITION_MAX; number++) {
		struct buffer buffer;
		struct mbr mbr;

		if (!partition_read(disk, at, &buffer))
			return;
		memcpy(&mbr, buffer.data, sizeof(mbr));
		buffer_put(&buffer);
		if (mbr.signature != MBR_SIGNATURE)
			return;
		if (mbr.entries[0].type && mbr.entries[0].sectors)
			partition_add(disk, number, (uint64_t)at + mbr.entries[0].start,
				      mbr.entries[0].sectors);
		if (!partition_is_extended(mbr.entries[1].type))
			return;
		at = base + mbr.entries[1].start;
	}
}

/* A file system may begin with the same signature: then its boot flags are none of a table's. */
static bool partition_is_table(const struct mbr *mbr)
{
	bool any = false;

	if (mbr->signature != MBR_SIGNATURE)
		return false;
	for (unsigned int i = 0; i < MBR_ENTRIES; i++) {
		if (mbr->entries[i].boot & 0x7f)
			return false;
		any |= mbr->entries[i].type && mbr->entries[i].sectors;
	}
	return any;
}

void partition_scan(struct block_device *disk)
{
	struct buffer buffer;
	struct mbr mbr;

	if (!partition_read(disk, 0, &buffer))
		return;
	memcpy(&mbr, buffer.data, sizeof(mbr));
	buffer_put(&buffer);
	if (!partition_is_table(&mbr))
		return;
	for (unsigned int i = 0; i < MBR_ENTRIES; i++)
		if (mbr.entries[i].type == MBR_TYPE_GPT && partition_scan_gpt(disk))
			return;
	for (unsigned int i = 0; i < MBR_ENTRIES; i++) {
		const struct mbr_entry *entry = &mbr.entries[i];

		if (!entry->type || !entry->sectors)
			continue;
		if (partition_is_extended(entry->type))
			partition_scan_logical(disk, entry->start);
		else
			partition_add(disk, i + 1, entry->start, entry->sectors);
	}
}
