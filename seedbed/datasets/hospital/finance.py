"""Module finance: charge categories, ways to pay, currencies and products."""

from seedbed.core.spec import Column, Entity, Reference
from seedbed.datasets.hospital.columns import ACTIVE, CODE, CODE_LIST, NAMES, RANK, flag, id_reference

MODULE = "finance"

CATEGORIES = (
    Entity(
        "nhso_category",
        MODULE,
        (
            CODE,
            ACTIVE,
            Column("benefit_code", required=True),
            Column("none_benefit_code", required=True),
            Column("adp_type"),
            RANK,
            NAMES,
        ),
    ),
    Entity(
        "csmbs_category",
        MODULE,
        (CODE, Column("version", "integer", required=True, default=1), ACTIVE, NAMES, RANK),
        audit="stamps_and_version",
    ),
    Entity("product_category", MODULE, (CODE, ACTIVE, Column("order_type"), NAMES, RANK)),
    Entity("simb_category", MODULE, CODE_LIST),
)
PAYMENTS = (
    Entity("payment_category", MODULE, (CODE, ACTIVE, NAMES), table="payment_categories"),
    Entity(
        "payment_method",
        MODULE,
        (
            CODE,
            ACTIVE,
            NAMES,
            Column("type", required=True),
            Column("bank_code"),
            Column("bank_account_no"),
            Column("integration_provider"),
            RANK,
            Column("receiver_tax_id"),
            Column("receiver_rank", "integer"),
            Column("receiver_reference"),
            id_reference("payment_category"),
        ),
    ),
    Entity(
        "currency",
        MODULE,
        (CODE, ACTIVE, Column("name", required=True), Column("symbol"), Column("position"), Column("iso_numeric")),
        file="order-data/currency.csv",
    ),
)
PRODUCT_CODES = tuple(
    Column(name)
    for name in (
        "erp_code",
        "moph_code",
        "nhso_code",
        "adp_code",
        "cgd_code",
        "instrument_code",
        "instrument_uc_code",
        "instrument_cs_code",
        "instrument_ss_code",
    )
)
PRODUCT_PRICES = (
    Column("hospital_revenue_price", "decimal"),
    Column("last_lot_cost", "decimal"),
    Column("default_unit_price", "decimal", required=True, default=0),
    Column("unit_price_options", "list"),
    id_reference("currency", "default_currency_id"),
    Column("cost_center_id"),
    Column("min_unit_price", "decimal"),
    Column("max_unit_price", "decimal"),
)
PRODUCTS = (
    Entity(
        "product",
        MODULE,
        (
            CODE,
            Column("version", "integer", required=True, default=1),
            ACTIVE,
            *PRODUCT_CODES,
            Column("unit_id", header="unit_code", references=Reference("dispense_unit")),
            Column("package_unit_id", header="package_unit_code", references=Reference("dispense_unit")),
            Column("unit_to_package_unit_quantity", "decimal"),
            Column("barcode"),
            Column("type", required=True),
            RANK,
            NAMES,
            flag("required_practitioner"),
            Column("practitioner_role"),
            Column("recommend_icd9cm", "list"),
            Column("recommend_icd10", "json"),
            Column("recommend_product_code", "list"),
            id_reference("product_category", "category_id"),
            # No file of any original fills a table of additional-payment categories, so its code is kept as text.
            Column("adp_category_code"),
            id_reference("simb_category"),
            id_reference("csmbs_category"),
            id_reference("nhso_category"),
            *PRODUCT_PRICES,
        ),
        other_files=("product/product.csv",),
    ),
)

ENTITIES = (*CATEGORIES, *PAYMENTS, *PRODUCTS)
