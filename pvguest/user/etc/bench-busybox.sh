# busybox_mix: what bench runs as a script of busybox. It works in its working directory.
set -e
b=/bin/busybox
$b tar xf /etc/bench-text.tar
$b cat text0 text1 text2 text3 text4 text5 >all
$b ls | $b wc
$b grep bace all | $b wc
$b grep -c lomu text0 text1 text2 text3 text4 text5
$b sort all >sorted
$b sort -u all | $b wc
$b sha256sum sorted
$b gzip -c sorted >sorted.gz
$b gunzip -c sorted.gz >again
$b cmp sorted again
$b awk '{ n += NF } END { print NR, n }' all
$b sed s/ta/TA/g all | $b tail -n 5 | $b md5sum
