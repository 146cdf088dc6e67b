// Commands about who one is: each adds its own below `root`, or below the noun that is given.
#pragma once

namespace CLI {
class App;
}

namespace ns::cli {

class Context;

void AddLogin(CLI::App& root, Context& context);  // and logout, whoami
void AddToken(CLI::App& root, Context& context);
void AddKey(CLI::App& root, Context& context);
void AddAdmins(CLI::App& noun, Context& context);  // below `admin`

void AddUser(CLI::App& root, Context& context);

}  // namespace ns::cli
