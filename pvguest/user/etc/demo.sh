# A short demonstration: run=/etc/demo.sh in /chosen/bootargs, or `sh /etc/demo.sh`.
cat /etc/motd
uname -a
hello
echo "a pipeline counts the programs:"
ls /bin | wc
echo "a program that breaks the rules is stopped, the others go on:"
crash privileged
echo "its status was $?"
sha256sum /bin/hello
