#include "form/moves.h"

#include <algorithm>

#include "form/address.h"
#include "form/own.h"

namespace ns::cli::form {
namespace {

template <class Items>
void Add(const Items& items, Addresses& out) {
  for (const auto& item : items) out.insert(AddressOf(item));
}

template <class Items>
void Erase(const Addresses& addresses, Items& items) {
  items.erase(std::remove_if(items.begin(), items.end(),
                             [&](const auto& item) { return addresses.contains(AddressOf(item)); }),
              items.end());
}

Addresses Without(const Addresses& all, const Addresses& those) {
  Addresses out;
  std::ranges::set_difference(all, those, std::inserter(out, out.end()));
  return out;
}

bool Names(const platform::UpdateApplicationRequest& change, const char* field) {
  return std::ranges::find(change.update_mask().paths(), field) !=
         change.update_mask().paths().end();
}

// One application of the plan: what it has, and what it will have.
struct Holder {
  platform::ApplicationForm form;  // websites and ports that it has
  Addresses has, will;
};

Holder HolderOf(const ApplicationStep& step, const Live& live) {
  Holder out;
  const auto known =
      std::ranges::find(live.applications, step.id, [](const auto& one) { return one.id(); });
  if (step.kind != Kind::kCreate && known != live.applications.end()) {
    const Application shown = FormOf(*known, live);
    const auto own = live.own.find(step.id);
    const auto& stored =
        own == live.own.end() ? platform::ApplicationForm::default_instance() : own->second.form();
    TakeWebsites(*shown.websites, stored, out.form);
    TakePorts(*shown.ports, stored, out.form);
  }
  Add(out.form.websites(), out.has);
  Add(out.form.port_publications(), out.has);
  if (step.kind == Kind::kDelete) return out;
  const bool made = step.kind == Kind::kCreate;
  const auto& form = made ? step.create.form() : step.change.form();
  Add(made || Names(step.change, "websites") ? form.websites() : out.form.websites(), out.will);
  Add(made || Names(step.change, "port_publications") ? form.port_publications()
                                                      : out.form.port_publications(),
      out.will);
  return out;
}

class Orderer {
 public:
  Orderer(const Read& wanted, const Live& live, Plan& plan)
      : wanted_(wanted), live_(live), plan_(plan), states_(plan.applications.size()) {
    for (const ApplicationStep& step : plan.applications) all_.push_back(HolderOf(step, live));
    for (size_t i = 0; i < all_.size(); ++i) {
      for (const std::string& address : Without(all_[i].has, all_[i].will)) giver_[address] = i;
    }
  }

  void Run() {
    FindTaken();
    for (size_t i = 0; i < all_.size(); ++i) {
      if (!IsDeleted(i) && states_[i] == State::kNew) Visit(i);
    }
  }

 private:
  enum class State { kNew, kOpen, kDone };

  bool IsDeleted(size_t i) const { return plan_.applications[i].kind == Kind::kDelete; }

  void FindTaken() {
    std::map<std::string, size_t> takers;
    for (size_t i = 0; i < all_.size(); ++i) {
      ApplicationStep& step = plan_.applications[i];
      for (const std::string& address : Without(all_[i].will, all_[i].has)) {
        const auto [other, first] = takers.emplace(address, i);
        if (!first) {
          plan_.mistakes.push_back({wanted_.PlaceOf(step.path), step.path,
                                    address + " is wanted by application " +
                                        plan_.applications[other->second].name + " too"});
        }
        const auto giver = giver_.find(address);
        if (giver == giver_.end()) continue;
        step.taken.insert(address);
        plan_.notes.push_back(address + " goes from application " +
                              plan_.applications[giver->second].name + " to " + step.name +
                              "; in between it is not served");
      }
    }
  }

  void Visit(size_t i) {
    states_[i] = State::kOpen;
    for (const std::string& address : plan_.applications[i].taken) {
      const size_t giver = giver_.at(address);
      if (IsDeleted(giver) || states_[giver] == State::kOpen)
        Release(giver);
      else if (states_[giver] == State::kNew)
        Visit(giver);
    }
    states_[i] = State::kDone;
    plan_.order.push_back({i, std::nullopt});
  }

  // All that others take, at once.
  void Release(size_t giver) {
    if (!released_.insert(giver).second) return;
    Addresses wanted;
    for (const ApplicationStep& step : plan_.applications)
      wanted.insert(step.taken.begin(), step.taken.end());
    Act act{giver, platform::UpdateApplicationRequest()};
    act.release->set_application_id(plan_.applications[giver].id);
    const auto own = live_.own.find(plan_.applications[giver].id);
    if (own != live_.own.end()) act.release->set_etag(own->second.etag());
    *act.release->mutable_form() = all_[giver].form;
    LeaveOut(wanted, *act.release->mutable_form());
    for (const char* field : {"websites", "port_publications"})
      act.release->mutable_update_mask()->add_paths(field);
    plan_.order.push_back(std::move(act));
  }

  const Read& wanted_;
  const Live& live_;
  Plan& plan_;
  std::vector<Holder> all_;              // as the steps
  std::vector<State> states_;            // the same
  std::map<std::string, size_t> giver_;  // by address
  std::set<size_t> released_;
};

}  // namespace

void Order(const Read& wanted, const Live& live, Plan& plan) { Orderer(wanted, live, plan).Run(); }

void LeaveOut(const Addresses& addresses, platform::ApplicationForm& form) {
  Erase(addresses, *form.mutable_websites());
  Erase(addresses, *form.mutable_port_publications());
}

}  // namespace ns::cli::form
