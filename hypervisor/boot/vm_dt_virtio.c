/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A VM tree's virtio devices. Linux binding virtio/mmio, and properties of our own that say what
 * is behind the window.
 */
#include "boot/vm_dt_parse.h"
#include "lib/errno.h"

#define VIRTIO_WINDOW_MIN	0x200UL
#define SECTOR			512UL
#define DISK_SIZE_MAX		(1UL << 40)
#define SWITCH_NAME_MAX		31

#define HINT_SORTS		"write one of \"block\", \"net\", \"console\", \"rng\""

/* A property without value. */
static int parse_flag(struct vm_dt *dt, int node, const char *property, bool *out)
{
	int size = 0;

	*out = fdt_getprop(dt->fdt, node, property, &size) != NULL;
	if (*out && size != 0)
		return vm_dt_refuse_property(dt, node, property, -EINVAL, "it has no value");
	return 0;
}

/* strata,size is in bytes; without it a disk is as large as its image. */
static int parse_disk_size(struct vm_dt *dt, int node, struct vdev_config *disk)
{
	int err = dt_number(dt->fdt, node, "strata,size", &disk->disk_size);

	if (err == -ENOENT && disk->image)
		return 0;
	if (err == -ENOENT)
		return vm_dt_refuse_property(dt, node, "strata,image", err,
					     "name a file of the archive, or write strata,size");
	if (err)
		return vm_dt_refuse_property(dt, node, "strata,size", err,
					     "write bytes in one cell or two");
	if (disk->disk_size == 0 || disk->disk_size % SECTOR || disk->disk_size > DISK_SIZE_MAX)
		return VM_DT_REFUSE(dt, node, "strata,size", "0x%lx is not a multiple of 512 from "
				    "512 to 0x%lx: correct it", (unsigned long)disk->disk_size,
				    DISK_SIZE_MAX);
	return 0;
}

/* strata,quota: so much of the host's memory it may take; without it, what all of it takes. */
static int parse_disk_quota(struct vm_dt *dt, int node, struct vdev_config *disk)
{
	int err = dt_number(dt->fdt, node, "strata,quota", &disk->disk_quota);

	if (err == -ENOENT)
		return 0;
	if (err)
		return vm_dt_refuse_property(dt, node, "strata,quota", err,
					     "write bytes in one cell or two");
	if (disk->disk_quota == 0)
		return VM_DT_REFUSE(dt, node, "strata,quota",
				    "is 0: write strata,read-only if nothing may be written");
	return 0;
}

/* A disk of the host: strata,host-disk is its number, strata,partition a part of it. */
static int parse_host_disk(struct vm_dt *dt, int node, struct vdev_config *disk)
{
	static const char *const known[] = { "strata,virtio", "strata,host-disk",
					     "strata,partition", "strata,read-only" };
	int err = vm_dt_check_known(dt, node, known, ARRAY_SIZE(known));
	int size = 0;

	if (err)
		return err;
	disk->on_host = true;
	if (!fdt_getprop(dt->fdt, node, "strata,host-disk", &size) || size != 4)
		return vm_dt_refuse_property(dt, node, "strata,host-disk", -EINVAL,
					     "write its number, <0>");
	dt_u32(dt->fdt, node, "strata,host-disk", 0, &disk->host_disk);
	if (fdt_getprop(dt->fdt, node, "strata,partition", &size) &&
	    (size != 4 || dt_u32(dt->fdt, node, "strata,partition", 0, &disk->host_partition) ||
	     disk->host_partition == 0))
		return VM_DT_REFUSE(dt, node, "strata,partition",
				    "is not one number from 1 on: write <1>");
	return parse_flag(dt, node, "strata,read-only", &disk->read_only);
}

static int parse_block(struct vm_dt *dt, int node, struct vdev_config *disk)
{
	static const char *const known[] = { "strata,virtio", "strata,image", "strata,size",
					     "strata,quota", "strata,read-only" };
	int err;

	if (fdt_getprop(dt->fdt, node, "strata,host-disk", NULL))
		return parse_host_disk(dt, node, disk);
	if (fdt_getprop(dt->fdt, node, "strata,host-file", NULL))
		return VM_DT_REFUSE(dt, node, "strata,host-file",
				    "the launcher makes a number of it: start by make run, "
				    "or say strata,host-disk");
	err = vm_dt_check_known(dt, node, known, ARRAY_SIZE(known));
	if (!err)
		err = vm_dt_string(dt, node, "strata,image", false, &disk->image);
	if (!err && disk->image && !*disk->image)
		err = VM_DT_REFUSE(dt, node, "strata,image",
				   "is empty: name a file of the archive");
	if (!err)
		err = parse_disk_size(dt, node, disk);
	if (!err)
		err = parse_disk_quota(dt, node, disk);
	if (!err)
		err = parse_flag(dt, node, "strata,read-only", &disk->read_only);
	if (!err && disk->read_only && !disk->image)
		err = VM_DT_REFUSE(dt, node, "strata,read-only",
				   "a disk of nothing but zeros: name a strata,image");
	return err;
}

/* local-mac-address is the standard's (Devicetree Specification 0.4, 4.3.1). */
static int parse_mac(struct vm_dt *dt, int node, struct vdev_config *net)
{
	int size = 0;
	const uint8_t *mac = fdt_getprop(dt->fdt, node, "local-mac-address", &size);

	if (!mac)
		return 0;
	if (size != (int)sizeof(net->mac))
		return VM_DT_REFUSE(dt, node, "local-mac-address",
				    "is not six bytes: write [02 00 00 00 00 01]");
	memcpy(net->mac, mac, sizeof(net->mac));
	for (size_t i = 0; i < sizeof(net->mac); i++)
		if (net->mac[i] && !(net->mac[0] & 1))
			return 0;
	return VM_DT_REFUSE(dt, node, "local-mac-address", "is no address of one device: write "
			    "[02 00 00 00 00 01]");
}

static int parse_net(struct vm_dt *dt, int node, struct vdev_config *net)
{
	static const char *const known[] = { "strata,virtio", "strata,switch" };
	int err = vm_dt_check_known(dt, node, known, ARRAY_SIZE(known));

	if (!err)
		err = vm_dt_string(dt, node, "strata,switch", false, &net->switch_name);
	if (!err && net->switch_name && strlen(net->switch_name) > SWITCH_NAME_MAX)
		err = VM_DT_REFUSE(dt, node, "strata,switch",
				   "has more than %d characters: shorten it", SWITCH_NAME_MAX);
	return err ? err : parse_mac(dt, node, net);
}

/* Devices without properties of their own. */
static int parse_plain(struct vm_dt *dt, int node, struct vdev_config *out)
{
	static const char *const known[] = { "strata,virtio" };

	(void)out;
	return vm_dt_check_known(dt, node, known, ARRAY_SIZE(known));
}

static const struct {
	const char *word;
	enum vdev_kind kind;
	int (*parse)(struct vm_dt *dt, int node, struct vdev_config *out);
} sorts[] = {
	{ "block", VDEV_VIRTIO_BLK, parse_block },
	{ "net", VDEV_VIRTIO_NET, parse_net },
	{ "console", VDEV_VIRTIO_CONSOLE, parse_plain },
	{ "rng", VDEV_VIRTIO_RNG, parse_plain },
};

int vm_dt_parse_virtio(struct vm_dt *dt, int node, int bus, struct vdev_config *out)
{
	const char *word;
	int err = dt_string(dt->fdt, node, "strata,virtio", &word);
	size_t i = 0;

	if (err)
		return vm_dt_refuse_property(dt, node, "strata,virtio", err, HINT_SORTS);
	while (i < ARRAY_SIZE(sorts) && strcmp(word, sorts[i].word) != 0)
		i++;
	if (i == ARRAY_SIZE(sorts))
		return VM_DT_REFUSE(dt, node, "strata,virtio",
				    "\"%s\" is not emulated: choose block, net, console or rng",
				    word);
	if (out->size < VIRTIO_WINDOW_MIN)
		return VM_DT_REFUSE(dt, node, "reg", "its registers do not fit into 0x%lx bytes: "
				    "write 0x1000", (unsigned long)out->size);
	out->kind = sorts[i].kind;
	err = vm_dt_interrupt(dt, node, bus, out);
	if (!err && !out->irq)
		err = VM_DT_REFUSE(dt, node, "interrupts",
				   "is missing: write a free PLIC source, <1>");
	return err ? err : sorts[i].parse(dt, node, out);
}
