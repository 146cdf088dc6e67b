// Included by store_contract.h: repositories that are pushed straight to the platform.
#pragma once

#include "model/received.h"
#include "ports/testing/store_contract_base.h"

namespace ns::ports::testing {

class ReceivedContract : public StoreContract {
 protected:
  model::Repository Named(int n, const std::string& name) {
    model::Repository repository;
    repository.id = IdOf<RepositoryId>(n);
    repository.name = name;
    repository.url = model::ReceivedUrl(name);
    repository.owners = {NewUser().id};
    return repository;
  }
  Status Insert(int n, const std::string& name, const std::string& host = "one") {
    const model::Repository repository = Named(n, name);
    return s.received.Insert(repository, {name, repository.id, host, "", false}, NewUser().id);
  }
};

TEST_P(ReceivedContract, Inserted_IsARepositoryLikeAnyOtherAndIsFoundByItsName) {
  ASSERT_EQ(Insert(1, "shop"), Status());
  EXPECT_EQ(*s.repositories.Get(IdOf<RepositoryId>(1)), Named(1, "shop"));
  const Received wanted{"shop", IdOf<RepositoryId>(1), "one", "", false};
  EXPECT_EQ(*s.received.Find("shop"), wanted);
  EXPECT_THAT(*s.received.On("one"), ElementsAre(wanted));
  EXPECT_THAT(*s.received.On("two"), IsEmpty());
  EXPECT_EQ(s.received.Find("other").status().code(), Code::kNotFound);
}

TEST_P(ReceivedContract, TakenName_IsRefusedAndLeavesNothing) {
  ASSERT_EQ(Insert(1, "shop"), Status());
  EXPECT_EQ(Insert(2, "shop").code(), Code::kExists);
  EXPECT_EQ(s.repositories.Get(IdOf<RepositoryId>(2)).status().code(), Code::kNotFound);
}

TEST_P(ReceivedContract, Deleted_IsGoneAndItsNameIsFreeOnceForgotten) {
  ASSERT_EQ(Insert(1, "shop"), Status());
  EXPECT_EQ(s.received.Forget("shop").code(), Code::kPrecondition);
  ASSERT_EQ(s.repositories.Delete(IdOf<RepositoryId>(1)), Status());
  EXPECT_EQ(s.received.Find("shop").status().code(), Code::kNotFound);
  ASSERT_THAT(*s.received.On("one"), SizeIs(1));
  EXPECT_TRUE(s.received.On("one")->front().gone);
  EXPECT_EQ(Insert(2, "shop").code(), Code::kExists);
  EXPECT_EQ(s.received.Forget("shop"), Status());
  EXPECT_EQ(s.received.Forget("shop"), Status());
  EXPECT_EQ(Insert(3, "shop"), Status());
}

TEST_P(ReceivedContract, Address_IsThatOfItsMachine) {
  ASSERT_EQ(Insert(1, "shop", "one"), Status());
  ASSERT_EQ(Insert(2, "blog", "two"), Status());
  EXPECT_EQ(s.received.SetAddress("one", "http://10.0.0.1:4000"), Status());
  EXPECT_EQ(s.received.Find("shop")->address, "http://10.0.0.1:4000");
  EXPECT_EQ(s.received.Find("blog")->address, "");
}

}  // namespace ns::ports::testing
