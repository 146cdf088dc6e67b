// Ending a process that may be nobody's child here.
#pragma once

#include "base/clock.h"
#include "base/status.h"
#include "supervise/fd.h"
#include "supervise/process.h"

namespace ns::supervise {

// A descriptor that becomes readable when that very process has ended; none when it has.
Fd Watch(const ProcessId& id);
// How the process behind a pidfd ended, where it was a child of this process; reaps it. "ended"
// otherwise.
std::string ReapText(int pidfd);
// Kills what is left of the session that `leader`, which has just ended, was the leader of.
void KillSession(const ProcessId& leader);
// Sends `signal`, waits `grace`, then kills its whole session. Nothing to do when it is gone.
// kUnavailable when it survives.
Status EndProcess(const ProcessId& id, int signal, Duration grace);

}  // namespace ns::supervise
