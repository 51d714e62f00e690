/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a disk's partition lies. Pure. UEFI Specification 2.10, sections 5.2 (MBR) and 5.3 (GPT).
 */
#include "boot/partition.h"
#include "lib/errno.h"
#include "lib/string.h"

#define MBR_SIGNATURE		510
#define MBR_ENTRIES		446
#define MBR_ENTRY_BYTES		16
#define MBR_COUNT		4
#define MBR_TYPE		4
#define MBR_FIRST		8
#define MBR_SECTORS		12
#define MBR_TYPE_GPT		0xee
/* Extended partitions hold others and are none themselves. */
#define MBR_IS_EXTENDED(type)	((type) == 0x05 || (type) == 0x0f || (type) == 0x85)

#define GPT_HEADER		1	/* sector */
#define GPT_ENTRIES		72
#define GPT_COUNT		80
#define GPT_ENTRY_BYTES		84
#define GPT_ENTRY_MIN		128U
#define GPT_ENTRY_FIRST		32
#define GPT_ENTRY_LAST		40
#define GPT_TYPE_BYTES		16

/* Little-endian, as this machine is; any alignment. */
static uint32_t get32(const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static uint64_t get64(const uint8_t *at)
{
	uint64_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static int check(uint64_t first, uint64_t sectors, uint64_t disk_sectors, struct partition *out)
{
	if (sectors == 0 || first == 0 || first >= disk_sectors ||
	    sectors > disk_sectors - first)
		return -EINVAL;
	*out = (struct partition){ first, sectors };
	return 0;
}

static int gpt_find(partition_read *read, void *disk, uint64_t disk_sectors, uint32_t number,
		    struct partition *out)
{
	static const uint8_t unused[GPT_TYPE_BYTES];
	uint8_t sector[PARTITION_SECTOR];
	uint64_t entries, offset;
	uint32_t count, size;
	int err = read(disk, GPT_HEADER, sector);

	if (err)
		return err;
	entries = get64(sector + GPT_ENTRIES);
	count = get32(sector + GPT_COUNT);
	size = get32(sector + GPT_ENTRY_BYTES);
	if (memcmp(sector, "EFI PART", 8) != 0 || size < GPT_ENTRY_MIN ||
	    size > PARTITION_SECTOR || (size & (size - 1)) != 0)
		return -EINVAL;
	if (number > count)
		return -ENOENT;
	offset = (uint64_t)(number - 1) * size;
	if (entries >= disk_sectors || offset / PARTITION_SECTOR >= disk_sectors - entries)
		return -EINVAL;
	err = read(disk, entries + offset / PARTITION_SECTOR, sector);
	if (err)
		return err;
	offset %= PARTITION_SECTOR;
	if (memcmp(sector + offset, unused, sizeof(unused)) == 0)
		return -ENOENT;
	entries = get64(sector + offset + GPT_ENTRY_FIRST);
	return check(entries, get64(sector + offset + GPT_ENTRY_LAST) - entries + 1, disk_sectors,
		     out);
}

int partition_find(partition_read *read, void *disk, uint64_t disk_sectors, uint32_t number,
		   struct partition *out)
{
	uint8_t sector[PARTITION_SECTOR];
	const uint8_t *entry;
	int err;

	*out = (struct partition){ 0 };
	if (number == 0)
		return -ENOENT;
	err = read(disk, 0, sector);
	if (err)
		return err;
	if (sector[MBR_SIGNATURE] != 0x55 || sector[MBR_SIGNATURE + 1] != 0xaa)
		return -EINVAL;
	if (sector[MBR_ENTRIES + MBR_TYPE] == MBR_TYPE_GPT)
		return gpt_find(read, disk, disk_sectors, number, out);
	if (number > MBR_COUNT)
		return -ENOENT;
	entry = sector + MBR_ENTRIES + (number - 1) * MBR_ENTRY_BYTES;
	if (entry[MBR_TYPE] == 0 || MBR_IS_EXTENDED(entry[MBR_TYPE]))
		return -ENOENT;
	return check(get32(entry + MBR_FIRST), get32(entry + MBR_SECTORS), disk_sectors, out);
}
