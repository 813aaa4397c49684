-- importMatchedForget
-- matched = "import_0a1b_matched"
-- model = "car_loan"
DELETE FROM awaited_labels WHERE model = {model:String} AND id IN (SELECT id FROM {matched:Identifier})
