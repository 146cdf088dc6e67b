// What every Store must keep. Instantiated by the tests of each store:
// INSTANTIATE_TEST_SUITE_P(Name, StoreContract, Values(factory)).
#pragma once

#include "ports/testing/store_contract_apps.h"
#include "ports/testing/store_contract_audit.h"
#include "ports/testing/store_contract_builds.h"
#include "ports/testing/store_contract_deploys.h"
#include "ports/testing/store_contract_detections.h"
#include "ports/testing/store_contract_events.h"
#include "ports/testing/store_contract_identity.h"
#include "ports/testing/store_contract_leases.h"
#include "ports/testing/store_contract_listings.h"
#include "ports/testing/store_contract_people.h"
#include "ports/testing/store_contract_received.h"
#include "ports/testing/store_contract_repositories.h"
#include "ports/testing/store_contract_sites.h"
#include "ports/testing/store_contract_totals.h"
#include "ports/testing/store_contract_usage.h"
