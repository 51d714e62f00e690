#include "monitor/monitor.h"
void monitor_init(const char *bootargs, unsigned hc, uint64_t tb, void (*poweroff)(void)){(void)bootargs;(void)hc;(void)tb;(void)poweroff;}
void monitor_command(const char *l){(void)l;}
#include "vm/trace_hook.h"
void trace_exit_record(struct vcpu *v, uint64_t scause){(void)v;(void)scause;}
void trace_done_record(struct vcpu *v, enum vcpu_next n){(void)v;(void)n;}
