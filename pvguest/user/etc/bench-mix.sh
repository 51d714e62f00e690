# script_mix: what bench runs as a script. It works in its working directory.
untar /etc/bench-text.tar
cat text0 text1 text2 text3 text4 text5 >all
ls | wc
grep bace all | wc
grep -c lomu text0 text1 text2 text3 text4 text5
sort all >sorted
sort -u all | wc
sha256sum sorted
squeeze <sorted >sorted.sq
wc all sorted sorted.sq
squeeze -d <sorted.sq >again
sha256sum again
cat all | grep ta | sort | squeeze | sha256sum
grep -c fodi again
